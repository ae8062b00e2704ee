import { copyFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { nodeFileSystem } from "../../src/file/node-file-system.js";
import { migrateTranscript, openTranscript } from "../../src/index.js";
import { scanForward } from "../../src/scan/lines/scan-forward.js";
import { GIANT_LINES, type GiantLine, writeGiantLine } from "../support/hostile/giant-line.js";
import { HEADER_LINE, linkedLine } from "../support/lines.js";
import { tempDirectory } from "../support/temp-directory.js";

// A line of twice the length takes twice the time, and never more than 2.6 times. Time is that of
// the processor, for other programs use the machine too. Each size has several runs, in turn with
// the others, of which the quickest counts: whatever else falls on a run makes it slower. Because
// even so all runs of one size may have bad luck, what fails tries again: what is quadratic fails
// each time. LEAFLOG_LONG=1: up to 128 MiB.
const MB = 1024 * 1024;
const SIZES = process.env.LEAFLOG_LONG === "1" ? [8, 16, 32, 64, 128] : [4, 8, 16];
const MOST = 2.6;
const RUNS = 6;
const TRIES = 4;

/** The worst of the ratios between neighbouring sizes. */
async function worstRatio(work: (size: number) => Promise<void>): Promise<number> {
  const times = new Map<number, number>();
  for (let run = 0; run < RUNS; run += 1) {
    for (const size of SIZES) {
      const before = process.cpuUsage();
      await work(size);
      const { user, system } = process.cpuUsage(before);
      times.set(size, Math.min(times.get(size) ?? Number.POSITIVE_INFINITY, user + system));
    }
  }
  const least = SIZES.map((size) => times.get(size) ?? 0);
  return Math.max(...least.slice(1).map((time, index) => time / (least[index] ?? 0)));
}

async function expectLinear(name: string, work: (size: number) => Promise<void>): Promise<void> {
  // What comes first pays for what is loaded and compiled.
  await work(SIZES[0] as number);
  const ratios: number[] = [];
  do ratios.push(await worstRatio(work));
  while ((ratios.at(-1) ?? 0) > MOST && ratios.length < TRIES);
  console.log(`${name}: doubled length, ${ratios.map((ratio) => ratio.toFixed(2)).join(", ")} x`);
  expect(ratios.at(-1)).toBeLessThanOrEqual(MOST);
}

async function giantFiles(shape: GiantLine, start: string): Promise<(size: number) => string> {
  const directory = await tempDirectory();
  const path = (size: number) => join(directory, `${size}.jsonl`);
  for (const size of SIZES) await writeGiantLine(path(size), start, shape, size * MB);
  return path;
}

const START = HEADER_LINE + linkedLine("a", null);

test.for(Object.entries(GIANT_LINES))("the leaf behind a giant line of %s", {
  timeout: 600_000,
}, async ([name, shape]) => {
  const path = await giantFiles(shape, START);
  const expected = shape.tail === "" ? "a" : "giant";
  await expectLinear(`leaf, ${name}`, async (size) => {
    await using transcript = await openTranscript(path(size));
    expect(await transcript.leaf()).toEqual({ id: expected, shape: "linked" });
  });
});

test.for(["plain text", "nested"])("a scan over a giant line of %s", {
  timeout: 600_000,
}, async (name) => {
  const path = await giantFiles(GIANT_LINES[name] as GiantLine, START);
  await expectLinear(`scan, ${name}`, async (size) => {
    const file = await nodeFileSystem.open(path(size), "read");
    const ids: unknown[] = [];
    try {
      await scanForward(file, {}, (line) => {
        ids.push(line.facts().id);
        return undefined;
      });
    } finally {
      await file.close();
    }
    expect(ids).toEqual(["session-1", "a", "giant"]);
  });
});

test.for(["plain text", "nested"])("the migration of a giant line of %s", {
  timeout: 600_000,
}, async (name) => {
  const { head, unit, tail } = GIANT_LINES[name] as GiantLine;
  const linear = { head, unit, tail: tail.replace(',"parentId":"a"', "") };
  const path = await giantFiles(linear, HEADER_LINE);
  await expectLinear(`migration, ${name}`, async (size) => {
    const file = `${path(size)}.copy`;
    await copyFile(path(size), file);
    expect(await migrateTranscript(file)).toMatchObject({ migrated: 1 });
    await rm(file);
  });
});
