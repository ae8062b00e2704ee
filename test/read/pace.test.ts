import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { type EntryRecord, openTranscript, type Transcript } from "../../src/index.js";
import { HEADER_LINE, linkedLine } from "../support/lines.js";
import { tempDirectory } from "../support/temp-directory.js";

const COUNT = 20_000;
/** What the caller does with each entry. */
const WORK_MS = 0.025;

const READERS: Record<string, (transcript: Transcript) => AsyncIterable<EntryRecord>> = {
  entries: (transcript) => transcript.entries(),
  "entries in reverse": (transcript) => transcript.entries({ reverse: true }),
  branch: (transcript) => transcript.branch(),
  "branch from its root": (transcript) => transcript.branch(undefined, { rootFirst: true }),
  follow: (transcript) => transcript.follow({ from: "start" }),
};

it.each(
  Object.entries(READERS),
)("%s give other work its turns, however small they are", async (_, read) => {
  const file = join(await tempDirectory(), "t.jsonl");
  const lines = Array.from({ length: COUNT }, (_, at) =>
    linkedLine(`e${at}`, at === 0 ? null : `e${at - 1}`),
  );
  await writeFile(file, HEADER_LINE + lines.join(""));
  const transcript = await openTranscript(file);
  let now = 0;
  const clock = vi.spyOn(performance, "now").mockImplementation(() => now);
  const turns = vi.spyOn(globalThis, "setImmediate");
  let count = 0;
  for await (const _ of read(transcript)) {
    count += 1;
    now += WORK_MS;
    if (count === COUNT) break;
  }
  clock.mockRestore();
  const rests = turns.mock.calls.length;
  turns.mockRestore();
  await transcript.close();
  expect(count).toBe(COUNT);
  // 500 ms of the caller's work, in slices of 3 ms and what one more look at the clock takes.
  expect(rests).toBeGreaterThan(120);
});

it("a line that comes without its body is classified in slices, also where it is held", async () => {
  const file = join(await tempDirectory(), "t.jsonl");
  const text = '"'.repeat(1_500_000);
  await writeFile(file, HEADER_LINE + linkedLine("a", null, { text }) + linkedLine("b", "a"));
  const transcript = await openTranscript(file, { maxEntryBytes: 100_000 });
  let now = 0;
  const clock = vi.spyOn(performance, "now").mockImplementation(() => {
    now += 1;
    return now;
  });
  const turns = vi.spyOn(globalThis, "setImmediate");
  const ids: unknown[] = [];
  for await (const { entry, oversized } of transcript.entries()) ids.push((entry ?? oversized)?.id);
  clock.mockRestore();
  const rests = turns.mock.calls.length;
  turns.mockRestore();
  await transcript.close();
  expect(ids).toEqual(["a", "b"]);
  // A look at the clock, which takes a millisecond here, each 8,192 of 3,000,000 bytes.
  expect(rests).toBeGreaterThan(80);
});
