import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readTailEntries } from "../../src/read/read-tail.js";
import { HEADER_LINE, linkedLine } from "../support/lines.js";
import { modelEntries } from "../support/read/entries-model.js";
import { MemorySource } from "../support/read/memory-source.js";
import { anyTranscript } from "../support/read/random-transcript.js";

describe("tail", () => {
  it("is the end of a naive reading, up to a number and to a number of bytes", async () => {
    await fc.assert(
      fc.asyncProperty(
        anyTranscript,
        fc.nat({ max: 12 }),
        fc.nat({ max: 600 }),
        fc.integer({ min: 1, max: 90 }),
        async (content, count, maxBytes, maxRead) => {
          const source = new MemorySource(content, maxRead);
          const expected = count === 0 ? [] : modelEntries(content).slice(-count);
          expect(await readTailEntries(source, count)).toEqual(expected);
          const sum = (at: number) =>
            expected.slice(at).reduce((bytes, { length }) => bytes + length, 0);
          const first = expected.findIndex((_, at) => sum(at) <= maxBytes);
          const kept = first === -1 ? expected.slice(-1) : expected.slice(first);
          expect(await readTailEntries(source, count, { maxBytes })).toEqual(kept);
          expect(source.isClosed).toBe(true);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("counts the lines that come without their body, and not their bytes", async () => {
    const lines = ["a", "b", "c", "d"].map((id) =>
      linkedLine(id, null, { text: "x".repeat(id === "b" || id === "d" ? 2_000_000 : 10) }),
    );
    const source = new MemorySource(HEADER_LINE + lines.join(""));
    const met = (records: Awaited<ReturnType<typeof readTailEntries>>) =>
      records.map(({ entry, oversized }) => entry?.id ?? `${oversized?.type} ${oversized?.id}`);
    expect(met(await readTailEntries(source, 3))).toEqual(["message b", "c", "message d"]);
    expect(met(await readTailEntries(source, 4, { maxBytes: 70 }))).toEqual([
      "message b",
      "c",
      "message d",
    ]);
  });

  it("begins again when a failed write is cut back under it", async () => {
    const whole = Buffer.from(HEADER_LINE + linkedLine("a", null) + linkedLine("b", "a"));
    const source = new MemorySource(whole);
    const file = await source.fileSystem.open(source.file, "read");
    let sizes = [whole.length + 400, whole.length + 20, whole.length];
    const stat = file.stat.bind(file);
    file.stat = async () => {
      const size = sizes[0]!;
      if (sizes.length > 1) sizes = sizes.slice(1);
      return { ...(await stat()), size };
    };
    const fileSystem = { ...source.fileSystem, open: async () => file };
    const ids = (await readTailEntries({ ...source, fileSystem, file: "" }, 5)).map(
      ({ entry }) => entry?.id,
    );
    expect(ids).toEqual(["a", "b"]);
  });
});
