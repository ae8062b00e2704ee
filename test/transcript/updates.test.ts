import { readdirSync, statSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { onTranscriptUpdate, openTranscript, type TranscriptUpdate } from "../../src/index.js";
import { HEADER_LINE } from "../support/lines.js";
import { tempDirectory } from "../support/temp-directory.js";

test("published after write and unlock, in order, with the entry as it stands", async () => {
  const directory = await tempDirectory();
  const file = join(directory, "a.jsonl");
  const updates: TranscriptUpdate[] = [];
  const beside = new Set<string>();
  const stop = onTranscriptUpdate((update) => {
    if (update.file !== file) return;
    updates.push(update);
    for (const name of readdirSync(directory)) beside.add(name);
  });
  const transcript = await openTranscript(file);
  const first = await transcript.append({ type: "a", n: 1 });
  const batch = await transcript.appendBatch([{ type: "b" }, { type: "c" }]);
  await transcript.close();
  stop();
  const { appended: _, recreated: __, ...where } = first;
  expect(updates.map(({ id }) => id)).toEqual([first.id, ...batch.map(({ id }) => id)]);
  expect(updates[0]).toMatchObject(where);
  const stored = [];
  for await (const { entry } of transcript.entries()) stored.push(entry);
  expect(updates.map(({ entry }) => entry)).toEqual(stored);
  expect([...beside]).toEqual(["a.jsonl"]);
});

test("a listener that throws harms nobody and is reported", async () => {
  const warn = vi.spyOn(process, "emitWarning").mockReturnValue();
  const file = join(await tempDirectory(), "a.jsonl");
  await writeFile(file, HEADER_LINE);
  const seen: string[] = [];
  const stops = [
    onTranscriptUpdate(() => {
      throw new Error("listener broke");
    }),
    onTranscriptUpdate((async () => {
      throw new Error("async listener broke");
    }) as () => void),
    onTranscriptUpdate(({ id }) => seen.push(id)),
  ];
  const transcript = await openTranscript(file);
  const { id } = await transcript.append({ type: "a" });
  await transcript.close();
  await vi.waitFor(() => expect(warn).toHaveBeenCalledTimes(2));
  for (const stop of stops) stop();
  expect(seen).toEqual([id]);
  warn.mockRestore();
});

test("nothing is published for an append that failed, nor after the subscription ended", async () => {
  const file = join(await tempDirectory(), "a.jsonl");
  const seen: string[] = [];
  const stop = onTranscriptUpdate((update) => seen.push(update.id));
  const transcript = await openTranscript(file);
  const { id } = await transcript.append({ type: "a" });
  await expect(transcript.append({ type: "b" }, { expectedLeaf: "x" })).rejects.toThrow();
  await transcript.close();
  stop();
  const later = await openTranscript(file);
  await later.append({ type: "c" });
  await later.close();
  expect(seen).toEqual([id]);
});

test("listeners that take long are told in slices, all before the file is closed", async () => {
  const file = join(await tempDirectory(), "a.jsonl");
  const told: number[] = [];
  let turn = 0;
  const turns = setInterval(() => {
    turn += 1;
  }, 0);
  const stop = onTranscriptUpdate((update) => {
    if (update.file !== file) return;
    const until = performance.now() + 1;
    while (performance.now() < until);
    told[turn] = (told[turn] ?? 0) + 1;
  });
  const transcript = await openTranscript(file);
  await transcript.appendBatch(Array.from({ length: 200 }, () => ({ type: "a" })));
  await transcript.close();
  stop();
  clearInterval(turns);
  const counts = Object.values(told);
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(200);
  expect(Math.max(...counts)).toBeLessThan(50);
});

test("what waits to be told is bounded, however long the lock could be kept", async () => {
  const file = join(await tempDirectory(), "a.jsonl");
  let most = 0;
  const stop = onTranscriptUpdate((update) => {
    if (update.file === file) most = Math.max(most, statSync(file).size - update.offset);
  });
  const transcript = await openTranscript(file);
  const text = "x".repeat(200_000);
  let count = 0;
  const lane = async () => {
    for (; count < 200; count += 1) await transcript.append({ type: "a", text });
  };
  await Promise.all([lane(), lane(), lane()]);
  await transcript.close();
  stop();
  expect(most).toBeGreaterThan(0);
  expect(most).toBeLessThan(10_000_000);
});
