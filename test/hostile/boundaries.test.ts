import { expect, test } from "vitest";
import { findLeaf } from "../../src/scan/end/find-leaf.js";
import type { LineFacts } from "../../src/scan/lines/line-facts.js";
import { scanBackward } from "../../src/scan/lines/scan-backward.js";
import { scanForward } from "../../src/scan/lines/scan-forward.js";
import { CORPUS } from "../support/hostile/corpus.js";
import { hostileLine } from "../support/hostile/hostile-line.js";
import { MemoryFile } from "../support/memory-file.js";
import { Random, seedOf } from "../support/random.js";
import { expectedFacts } from "../support/scan/facts-oracle.js";
import { modelLeaf } from "../support/scan/leaf-model.js";

// Files of hostile lines, read in chunks that are cut everywhere. LEAFLOG_LONG=1: 25 times as many
// random files; LEAFLOG_SEED=<seed> meets the one that failed first.
const RANDOM_FILES = process.env.LEAFLOG_LONG === "1" ? 100_000 : 4000;

interface SeenLine {
  readonly offset: number;
  readonly length: number;
  readonly terminated: boolean;
  readonly facts: LineFacts;
}

/** The lines as a split at 0x0A and JSON.parse see them. */
function naiveLines(content: Buffer): SeenLine[] {
  const lines: SeenLine[] = [];
  for (let offset = 0; offset < content.length; ) {
    const newline = content.indexOf(0x0a, offset);
    const end = newline === -1 ? content.length : newline;
    const hasBom = offset === 0 && content.indexOf("\ufeff") === 0;
    lines.push({
      offset,
      length: end - offset,
      terminated: newline !== -1,
      facts: expectedFacts(content.subarray(hasBom ? 3 : offset, end)),
    });
    offset = end + 1;
  }
  return lines;
}

async function scannedLines(
  content: Buffer,
  scan: typeof scanForward,
  chunks: { chunkBytes: number; maxChunkBytes: number },
): Promise<SeenLine[]> {
  const lines: SeenLine[] = [];
  await scan(new MemoryFile(content), chunks, (line) => {
    const { spans: _, ...facts } = line.facts();
    lines.push({
      offset: line.offset,
      length: line.length,
      terminated: line.terminated,
      facts,
    });
    return undefined;
  });
  return scan === scanForward ? lines : lines.reverse();
}

function fileOf(lines: readonly Buffer[], ending: string): Buffer {
  const joined = lines.flatMap((line, index) => (index > 0 ? [Buffer.from("\n"), line] : [line]));
  return Buffer.concat([...joined, Buffer.from(ending)]);
}

const WHOLE = fileOf(CORPUS, "\n");
const EXPECTED = naiveLines(WHOLE);

test("the corpus in chunks of 1 to 64 bytes and of 64 KiB", async () => {
  for (const chunkBytes of [...Array(64).keys()].map((n) => n + 1).concat(65_536)) {
    for (const scan of [scanForward, scanBackward]) {
      const lines = await scannedLines(WHOLE, scan, { chunkBytes, maxChunkBytes: chunkBytes });
      expect(lines).toStrictEqual(EXPECTED);
    }
  }
});

test("the corpus with the first boundary at every byte", async () => {
  const maxChunkBytes = WHOLE.length;
  for (let chunkBytes = 1; chunkBytes <= WHOLE.length; chunkBytes += 1) {
    for (const scan of [scanForward, scanBackward]) {
      const lines = await scannedLines(WHOLE, scan, { chunkBytes, maxChunkBytes });
      expect(lines).toStrictEqual(EXPECTED);
    }
  }
});

test("the leaf of the corpus cut off at every byte", async () => {
  for (let size = 0; size <= WHOLE.length; size += 1) {
    const found = await findLeaf(new MemoryFile(WHOLE), { size, chunkBytes: 1 + (size % 64) });
    expect(found).toMatchObject(modelLeaf(withoutBom(WHOLE.subarray(0, size))));
  }
});

test(`${RANDOM_FILES} random files, whatever the chunks`, { timeout: 3_600_000 }, async () => {
  const seed = seedOf("LEAFLOG_SEED");
  let lines = 0;
  for (let n = 0; n < RANDOM_FILES; n += 1) {
    const random = new Random(seed + n);
    const content = randomFile(random);
    const chunks = { chunkBytes: 1 + random.below(64), maxChunkBytes: 1 + random.below(300) };
    try {
      const expected = naiveLines(content);
      lines += expected.length;
      expect(await scannedLines(content, scanForward, chunks)).toStrictEqual(expected);
      expect(await scannedLines(content, scanBackward, chunks)).toStrictEqual(expected);
      const found = await findLeaf(new MemoryFile(content), { size: content.length, ...chunks });
      expect(found).toMatchObject(modelLeaf(withoutBom(content)));
    } catch (error) {
      throw new Error(`LEAFLOG_SEED=${seed + n}`, { cause: error });
    }
  }
  console.log(`${RANDOM_FILES} files of ${lines} lines from seed ${seed}`);
});

function randomFile(random: Random): Buffer {
  const count = random.below(12);
  const bom = random.below(8) === 0 ? "\ufeff" : "";
  const lines = Array.from({ length: count }, () =>
    random.below(3) === 0 ? (CORPUS[random.below(CORPUS.length)] as Buffer) : hostileLine(random),
  );
  return Buffer.concat([Buffer.from(bom), fileOf(lines, random.pick(["\n", "", "\r\n", "\n\n"]))]);
}

/** The model of the leaf knows no BOM. */
function withoutBom(content: Buffer): Buffer {
  return content.indexOf("\ufeff") === 0 ? content.subarray(3) : content;
}
