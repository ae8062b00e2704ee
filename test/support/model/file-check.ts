import { expect } from "vitest";
import { LeafRule, ruledLine } from "./line-rules.js";
import { type Expected, recordsIn, type TranscriptModel } from "./transcript-model.js";

/**
 * Checks that a file is the model's, migrated, and takes it over: each linear line has got its
 * parent and, where it had none, an id, and every other byte is where it was.
 */
export function adoptMigrated(model: TranscriptModel, text: string): void {
  const before = model.lines;
  const after = text.slice(0, -1).split("\n");
  expect(text.endsWith("\n")).toBe(true);
  expect(after).toHaveLength(before.length);
  const rule = new LeafRule();
  for (const [index, old] of before.entries()) {
    const now = after[index] as string;
    const was = ruledLine(old);
    const is = ruledLine(now);
    if (was?.kind !== "linear") expect(now).toBe(old);
    const linked = was?.kind === "linked" ? [was] : was === undefined ? recordsIn(old) : [];
    for (const entry of linked) rule.pass(entry, entry.id as string, entry.parentId ?? null);
    if (was === undefined || is === undefined || was.kind === "header") continue;
    if (was.kind === "other") rule.note(was.id);
    if (was.kind !== "linear") continue;
    const parentId = rule.parentOf(was.batch);
    expect(is).toMatchObject({ parentId, id: was.id ?? expect.any(String) });
    const made = was.id === undefined ? `"id":${JSON.stringify(is.id)},` : "";
    expect(now).toBe(`{${made}"parentId":${JSON.stringify(parentId)},${old.slice(1)}`);
    rule.pass(was, is.id as string, parentId);
  }
  model.text = text;
}

/** Checks that a file is the model's with these entries behind it, and takes it over. */
export function adoptAppended(
  model: TranscriptModel,
  text: string,
  expected: readonly Expected[],
): void {
  const old = model.text ?? "";
  const start = model.isTorn ? `${old}\n` : old;
  expect(text.slice(0, start.length)).toBe(start);
  expect(text.endsWith("\n")).toBe(true);
  const lines = text.slice(start.length, -1).split("\n").map(ruledLine);
  if (old === "") {
    expect(lines.shift()?.value).toMatchObject({ type: "session", version: 3 });
  }
  expect(lines).toHaveLength(expected.length);
  for (const [index, { entry, parentId, batch }] of expected.entries()) {
    const value = lines[index]?.value;
    expect(value).toEqual({
      ...entry,
      timestamp: expect.any(String),
      ...(parentId !== undefined && { parentId }),
      ...(batch && { batch }),
    });
  }
  model.text = text;
}
