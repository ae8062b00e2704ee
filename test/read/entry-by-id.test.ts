import * as fc from "fast-check";
import { expect, it } from "vitest";
import { readEntryById } from "../../src/read/read-by-id.js";
import { HEADER_LINE, linkedLine } from "../support/lines.js";
import { modelEntryById } from "../support/read/entries-model.js";
import { MemorySource } from "../support/read/memory-source.js";
import { anyTranscript } from "../support/read/random-transcript.js";

it("finds the last entry of an id, or none", async () => {
  await fc.assert(
    fc.asyncProperty(
      anyTranscript,
      fc.constantFrom("a", "b", "d", "e", "s"),
      async (content, id) => {
        const source = new MemorySource(content);
        const expected = modelEntryById(content, id);
        expect(await readEntryById(source, id)).toEqual(expected);
        expect(source.isClosed).toBe(true);
      },
    ),
    { numRuns: 500 },
  );
});

it("finds a line of any length, with its body where that may be read", async () => {
  const text = "x".repeat(1_200_000);
  const content = HEADER_LINE + linkedLine("a", null, { text }) + linkedLine("b", "a");
  const short = await readEntryById(new MemorySource(content, undefined, 1000), "a");
  expect(short).toMatchObject({ oversized: { type: "message", id: "a", parentId: null } });
  const long = await readEntryById(new MemorySource(content, undefined, 2_000_000), "a");
  expect(long?.entry?.text === text).toBe(true);
});
