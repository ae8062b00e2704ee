import { setImmediate as turn } from "node:timers/promises";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { classifyLine } from "../../src/scan/lines/line-classifier.js";
import type { LineFacts } from "../../src/scan/lines/line-facts.js";
import { scanBackward, startBackward } from "../../src/scan/lines/scan-backward.js";
import { scanForward, startForward } from "../../src/scan/lines/scan-forward.js";
import type { ScannedLine, ScanOptions } from "../../src/scan/lines/scanned-line.js";
import { MemoryFile } from "../support/memory-file.js";

const DIRECTIONS = [
  ["forward", scanForward],
  ["backward", scanBackward],
] as const;

interface Seen {
  offset: number;
  length: number;
  terminated: boolean;
  text: string | undefined;
  facts: LineFacts;
}

const seen = (line: ScannedLine): Seen => ({
  offset: line.offset,
  length: line.length,
  terminated: line.terminated,
  text: line.bytes?.toString("latin1"),
  facts: line.facts(),
});

function naiveLines(content: Buffer, options: ScanOptions): Seen[] {
  const { from = 0, to = content.length, maxChunkBytes = 1_048_576 } = options;
  const lines: Seen[] = [];
  for (let offset = from; offset < to; ) {
    const newline = content.subarray(0, to).indexOf(0x0a, offset);
    const end = newline === -1 ? to : newline;
    const bytes = content.subarray(offset, end);
    lines.push({
      offset,
      length: end - offset,
      terminated: newline !== -1,
      text: bytes.length <= maxChunkBytes ? bytes.toString("latin1") : undefined,
      facts: naiveFacts(bytes, offset),
    });
    offset = end + 1;
  }
  return lines;
}

function naiveFacts(bytes: Buffer, offset: number): LineFacts {
  if (offset > 0 || bytes.indexOf("\ufeff") !== 0) return classifyLine(bytes);
  const { spans, ...facts } = classifyLine(bytes, 3);
  if (spans === undefined) return facts;
  const shifted = Object.entries(spans).map(([name, span]) => [
    name,
    typeof span === "object" ? { start: span.start + 3, end: span.end + 3 } : span,
  ]);
  return { ...facts, spans: Object.fromEntries(shifted) };
}

async function collect(
  scan: typeof scanForward,
  file: MemoryFile,
  options: ScanOptions,
): Promise<Seen[]> {
  const lines: Seen[] = [];
  await scan(file, options, (line) => {
    lines.push(seen(line));
    return undefined;
  });
  return scan === scanForward ? lines : lines.reverse();
}

const lineText = fc.oneof(
  fc.constantFrom(
    "",
    " \r",
    "{}",
    "\u0000\u0000",
    "nope",
    "\u2028",
    '{"id":"a","parentId":null}\r',
  ),
  fc.nat({ max: 90 }).map((length) => JSON.stringify({ x: "x".repeat(length), id: "\u{1f600}" })),
);
const content = fc
  .record({
    bom: fc.boolean(),
    lines: fc.array(lineText, { maxLength: 12 }),
    ending: fc.constantFrom("\n", "", "\n\n"),
  })
  .map(({ bom, lines, ending }) => Buffer.from((bom ? "\ufeff" : "") + lines.join("\n") + ending));

describe.each(DIRECTIONS)("%s", (direction, scan) => {
  it("hands out the lines of a naive split, whatever the chunks and the range", async () => {
    await fc.assert(
      fc.asyncProperty(
        content,
        fc.integer({ min: 1, max: 80 }),
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 1, max: 100 }),
        fc.option(fc.integer({ min: 1, max: 80 }), { nil: undefined }),
        fc.nat(),
        fc.nat(),
        async (bytes, chunkBytes, maxChunkBytes, maxRead, maxReadBytes, fromLine, to) => {
          const starts = [0, ...naiveLines(bytes, {}).map((line) => line.offset)];
          const from = starts[fromLine % starts.length]!;
          for (const range of [{}, { from, to: from + (to % (bytes.length - from + 1)) }]) {
            const bounds = { chunkBytes, maxChunkBytes, ...(maxReadBytes && { maxReadBytes }) };
            const options = { ...range, ...bounds };
            const lines = await collect(scan, new MemoryFile(bytes, maxRead), options);
            expect(lines).toStrictEqual(naiveLines(bytes, options));
          }
        },
      ),
      { numRuns: 1000 },
    );
  });

  it("gives a line of maxChunkBytes with its bytes and a longer one without", async () => {
    for (const ending of ["\n", "", "\nrest", "\nrest\n"]) {
      for (const length of [99, 100, 101, 102, 250]) {
        const bytes = Buffer.from(`first\n${"x".repeat(length)}${ending}`);
        const options = { chunkBytes: 10, maxChunkBytes: 100 };
        const lines = await collect(scan, new MemoryFile(bytes), options);
        expect(lines).toStrictEqual(naiveLines(bytes, options));
        expect(lines[1]?.text === undefined).toBe(length > 100);
      }
    }
  });

  it("ends when the visitor says so", async () => {
    const file = new MemoryFile(`${"{}\n".repeat(100)}${"x".repeat(100)}`);
    let visits = 0;
    await scan(file, { chunkBytes: 8, maxChunkBytes: 16 }, () => {
      visits += 1;
      return visits < 3;
    });
    expect(visits).toBe(3);
  });

  it("reports how many bytes are done, up to the whole range", async () => {
    const file = new MemoryFile(`${"{}\n".repeat(50)}${"y".repeat(100)}\n${"{}\n".repeat(50)}`);
    const done: number[] = [];
    const onProgress = (bytes: number): void => void done.push(bytes);
    await scan(file, { from: 3, chunkBytes: 8, maxChunkBytes: 32, onProgress }, () => undefined);
    expect(done.at(-1)).toBe(398);
    expect(done.length).toBeGreaterThan(5);
    expect(done).toStrictEqual([...done].sort((a, b) => a - b));
  });

  it("ends with the signal's reason", async () => {
    const file = new MemoryFile("{}\n".repeat(1000));
    const controller = new AbortController();
    const reason = new Error("enough");
    let visits = 0;
    const scanning = scan(file, { chunkBytes: 64, signal: controller.signal }, () => {
      visits += 1;
      if (visits === 30) controller.abort(reason);
      return undefined;
    });
    await expect(scanning).rejects.toBe(reason);
    expect(visits).toBeLessThan(200);
    await expect(scan(file, { signal: controller.signal }, () => undefined)).rejects.toBe(reason);
  });

  it("passes on what the visitor and the file throw", async () => {
    const failure = new Error("EIO");
    const file = new MemoryFile("{}\n");
    const scanning = scan(file, {}, () => {
      throw failure;
    });
    await expect(scanning).rejects.toBe(failure);
    file.read = () => Promise.reject(failure);
    await expect(scan(file, {}, () => undefined)).rejects.toBe(failure);
  });

  it("lets other work run between the lines of one chunk", async () => {
    const file = new MemoryFile("{}\n".repeat(5000));
    let turns = 0;
    let scanning = true;
    const ticking = (async () => {
      while (scanning) {
        await turn();
        turns += 1;
      }
    })();
    let spins = 0;
    await scan(file, {}, () => {
      spins += 1;
      // Stands for a visitor that takes its time: 20 lines in 10 ms.
      if (spins % 250 === 0) for (const end = performance.now() + 10; performance.now() < end; );
      return undefined;
    });
    scanning = false;
    await ticking;
    expect(turns).toBeGreaterThanOrEqual(15);
  });

  it("reads a long line twice at most, and other bytes once", async () => {
    const before = "{}\n".repeat(1000);
    for (const after of ["", "\n", "\n{}\n"]) {
      const file = new MemoryFile(
        `${before}{"id":"${"z".repeat(3)}","x":"${"x".repeat(3_000_000)}"}${after}`,
      );
      const options = { chunkBytes: 4096, maxChunkBytes: 65_536 };
      const lines = await collect(scan, file, options);
      expect(lines.find((line) => line.length > 1000)?.facts.id).toBe("zzz");
      const times = direction === "forward" ? 1 : 2;
      expect(file.bytesRead).toBeLessThanOrEqual(times * 3_000_000 + 5 * 65_536);
    }
  });

  it("goes through no more than maxReadBytes in a step, and no line twice", async () => {
    const start = direction === "forward" ? startForward : startBackward;
    const text = `${"{}\n".repeat(2000)}{"x":"${"x".repeat(300_000)}"}\n${"{}\n".repeat(2000)}`;
    const file = new MemoryFile(text);
    let lines = 0;
    const options = { chunkBytes: 300, maxReadBytes: 300 };
    const scan = await start(file, options, () => {
      lines += 1;
      return undefined;
    });
    for (let more = true, before = 0; more; before = lines) {
      more = await scan.step();
      expect(lines - before).toBeLessThanOrEqual(101);
    }
    expect(lines).toBe(4001);
    expect(file.bytesRead).toBe(text.length);
    // Forwards, a line that goes on is read in ever larger reads.
    if (direction === "forward") expect(file.reads).toBeLessThan(60);
  });

  it("reads nothing of an empty range", async () => {
    const file = new MemoryFile("{}\n{}\n");
    expect(await collect(scan, file, { from: 3, to: 3 })).toStrictEqual([]);
    expect(file.reads).toBe(0);
  });
});

describe("a file that shrinks", () => {
  it("ends a forward scan where it ends", async () => {
    const file = new MemoryFile("{}\n[]");
    for (const chunkBytes of [1, 2, 3, 64]) {
      const lines = await collect(scanForward, file, { to: 100, chunkBytes, maxChunkBytes: 64 });
      expect(lines.map(({ text, terminated }) => [text, terminated])).toStrictEqual([
        ["{}", true],
        ["[]", false],
      ]);
    }
  });

  it("makes a backward scan reject", async () => {
    for (const chunkBytes of [1, 64, 1000]) {
      const scanning = collect(scanBackward, new MemoryFile("{}\n"), { to: 100, chunkBytes });
      await expect(scanning).rejects.toThrow(/shrank while it was being read/);
    }
  });
});
