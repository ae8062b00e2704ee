import { isDeepStrictEqual } from "node:util";
import { expect } from "vitest";
import { LineClassifier } from "../../../src/scan/lines/line-classifier.js";
import type { LineFacts } from "../../../src/scan/lines/line-facts.js";

const own = (object: object, key: string): unknown =>
  Object.hasOwn(object, key) ? (object as Record<string, unknown>)[key] : undefined;
const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isCount = (value: unknown): value is number => Number.isInteger(value) && Number(value) >= 0;

// An own key "constructor" confuses toStrictEqual.
const isSame = (a: unknown, b: unknown): boolean => isDeepStrictEqual(a, b);

/** What `JSON.parse` makes of a line; undefined when it refuses. */
export function parsed(line: Buffer): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(line.toString("utf8")) };
  } catch {
    return undefined;
  }
}

/** The facts of a line, spans aside, as `JSON.parse` finds them. */
export function expectedFacts(line: Buffer): LineFacts {
  if (/^[ \t\r\n]*$/.test(line.toString("latin1"))) return { kind: "blank" };
  const result = parsed(line);
  if (result === undefined) return { kind: "malformed" };
  if (!isObject(result.value)) return { kind: "value" };
  const entry = result.value;

  const facts: Record<string, unknown> = {};
  for (const key of ["type", "id"]) {
    if (typeof own(entry, key) === "string") facts[key] = own(entry, key);
  }
  for (const key of ["parentId", "targetId"]) {
    const value = own(entry, key);
    if (typeof value === "string" || value === null) facts[key] = value;
  }
  for (const key of ["version", "firstKeptEntryIndex"]) {
    if (typeof own(entry, key) === "number") facts[key] = own(entry, key);
  }
  const message = own(entry, "message");
  if (isObject(message) && typeof own(message, "role") === "string") {
    facts.messageRole = own(message, "role");
  }
  const batch = own(entry, "batch");
  if (isObject(batch)) {
    const [index, size] = [own(batch, "index"), own(batch, "size")];
    if (isCount(index) && isCount(size) && index < size && size >= 2) {
      facts.batch = { index: index + 0, size };
    }
  }
  const linked = "id" in facts && "parentId" in facts;
  let kind: LineFacts["kind"] = linked ? "linked" : "unlinked";
  if (!Object.hasOwn(entry, "parentId")) kind = "linear";
  if (facts.type === "session") kind = "header";
  return { ...facts, kind };
}

/** Asserts that facts agree with `JSON.parse`, and that each span holds what it names. */
export function expectFacts(line: Buffer, { spans, ...facts }: LineFacts): void {
  expect(facts).toStrictEqual(expectedFacts(line));
  const entry = parsed(line)?.value;
  if (!isObject(entry) || facts.kind === "blank") {
    expect(spans).toBeUndefined();
    return;
  }
  const slice = (span: { start: number; end: number }): string =>
    line.toString("utf8", span.start, span.end);
  expect(spans).toBeDefined();
  if (spans === undefined) return;
  expect(slice(spans.object)).toBe(line.toString("utf8").replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, ""));
  expect(spans.empty).toBe(Object.keys(entry).length === 0);
  for (const key of ["id", "parentId", "targetId", "version"] as const) {
    const span = spans[key];
    expect(span !== undefined).toBe(Object.hasOwn(entry, key));
    if (span) expect(isSame(JSON.parse(slice(span)), own(entry, key))).toBe(true);
  }
  const kept = spans.firstKeptEntryIndex;
  expect(kept !== undefined).toBe(Object.hasOwn(entry, "firstKeptEntryIndex"));
  if (kept) {
    expect(line[kept.start]).toBe(0x22);
    const firstKeptEntryIndex = own(entry, "firstKeptEntryIndex");
    expect(isSame(JSON.parse(`{${slice(kept)}}`), { firstKeptEntryIndex })).toBe(true);
  }
  expect(spans.messageRole !== undefined).toBe(facts.messageRole !== undefined);
  if (spans.messageRole) expect(JSON.parse(slice(spans.messageRole))).toBe(facts.messageRole);
}

/** Classifies a line that comes in chunks of `chunkBytes`. */
export function classifyInChunks(line: Buffer, chunkBytes: number): LineFacts {
  const classifier = new LineClassifier();
  for (let at = 0; at < line.length; at += chunkBytes) {
    // A copy: what the classifier keeps of a chunk must not change under it.
    const chunk = Buffer.from(line.subarray(at, at + chunkBytes));
    classifier.push(chunk);
    chunk.fill(0);
  }
  return classifier.finish();
}
