import { describe, expect, it } from "vitest";
import { followEntries } from "../../src/read/follow/follow-entries.js";
import type { MalformedLine } from "../../src/read/malformed-line.js";
import { readPage } from "../../src/read/page/read-page.js";
import { readEntries } from "../../src/read/read-entries.js";
import { readTailEntries } from "../../src/read/read-tail.js";
import { HEADER_LINE, linkedLine } from "../support/lines.js";
import { MemorySource } from "../support/read/memory-source.js";

const LINES = [
  HEADER_LINE,
  "{half\n",
  "  \r\n",
  linkedLine("a", null),
  "42\n",
  "\u0000\u0000\n",
  `{"text":"${"x".repeat(100_000)}\n`,
  linkedLine("b", "a"),
  '{"torn',
];
const offsetOf = (index: number) => Buffer.byteLength(LINES.slice(0, index).join(""));
const lineAt = (index: number): MalformedLine => ({
  offset: offsetOf(index),
  length: Buffer.byteLength((LINES[index] as string).replace(/\n$/, "")),
  terminated: (LINES[index] as string).endsWith("\n"),
});
const MALFORMED = [lineAt(1), lineAt(5), lineAt(6), lineAt(8)];

describe("onMalformed", () => {
  const source = new MemorySource(LINES.join(""));
  const told: MalformedLine[] = [];
  const listener = { onMalformed: (line: MalformedLine) => told.push(line) };

  it("is told by entries(), in both directions, of malformed lines and of nothing else", async () => {
    for (const reverse of [false, true]) {
      told.length = 0;
      for await (const _ of readEntries(source, { reverse, ...listener }));
      expect(told).toEqual(reverse ? MALFORMED.toReversed() : MALFORMED);
    }
  });

  it("is told by entries() of lines that no reader holds", async () => {
    told.length = 0;
    for await (const _ of readEntries({ ...source, maxEntryBytes: 10 } as MemorySource, listener));
    expect(told).toEqual(MALFORMED);
  });

  it("is told by tail and page of those that they pass over", async () => {
    told.length = 0;
    await readTailEntries(source, 1, listener);
    expect(told).toEqual([lineAt(8)]);
    told.length = 0;
    await readPage(source, { direction: "backward", ...listener });
    expect(told).toEqual(MALFORMED.toReversed());
  });

  it("is told by follow of lines, not of half a one", async () => {
    told.length = 0;
    const ended = new AbortController();
    const options = { from: "start", signal: ended.signal, ...listener } as const;
    for await (const { entry } of followEntries(source, options)) {
      if (entry?.id === "b") ended.abort();
    }
    expect(told).toEqual(MALFORMED.slice(0, 3));
  });
});
