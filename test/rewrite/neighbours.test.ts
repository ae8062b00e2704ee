import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { FileSystem } from "../../src/file/file-system.js";
import { nodeFileSystem } from "../../src/file/node-file-system.js";
import { migrateTranscript, openTranscript, repairTranscript } from "../../src/index.js";
import { HEADER_LINE, linearLine, linkedLine } from "../support/lines.js";
import { openFilesBelow } from "../support/open-handles.js";
import { type Steadiness, SteadyWriter } from "../support/rewrite/steady-writer.js";
import { tempDirectory } from "../support/temp-directory.js";

// Beside a program that has the file open and goes on writing, whatever we do every line of everybody
// is in the file in the end, once. Two rounds of each; LEAFLOG_LONG=1 makes it 50.
const ROUNDS = process.env.LEAFLOG_LONG === "1" ? 50 : 2;

const LINEAR = HEADER_LINE + [0, 1, 2].map((n) => linearLine({ mark: `old-${n}` })).join("");
const DAMAGED = `${HEADER_LINE}${linkedLine("a", null, { mark: "old-0" })}{"cut\n${linkedLine("b", "a", { mark: "old-1" })}`;

/** As on a system that does not tell who has a file open. */
const silent: FileSystem = { ...nodeFileSystem, writersOf: async () => undefined };

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

interface Act {
  readonly name: string;
  readonly before: string;
  /** Does something with the file while the other writes, and ends with `end`. */
  readonly run: (file: string, end: () => Promise<void>) => Promise<string[]>;
}

/** Some appends, while the other writes and after it ended. */
async function append(file: string, end: () => Promise<void>, fileSystem: FileSystem) {
  const marks: string[] = [];
  await using transcript = await openTranscript(file, { fileSystem });
  for (let n = 0; n < 12; n += 1) {
    marks.push(`ours-${n}`);
    await transcript.append({ type: "message", mark: `ours-${n}` });
    await pause(20);
    if (n === 8) await end();
  }
  return marks;
}

const ACTS: readonly Act[] = [
  {
    name: "appends",
    before: LINEAR,
    run: (file, end) => append(file, end, nodeFileSystem),
  },
  {
    name: "appends where the system does not tell of it",
    before: LINEAR,
    run: (file, end) => append(file, end, silent),
  },
  {
    name: "a migration beside an open transcript",
    before: LINEAR,
    run: async (file, end) => {
      await using transcript = await openTranscript(file);
      await migrateTranscript(file);
      await pause(50);
      await transcript.append({ type: "message", mark: "ours" });
      await end();
      return ["ours"];
    },
  },
  {
    name: "a migration",
    before: LINEAR,
    run: async (file, end) => {
      const migrating = migrateTranscript(file, { backup: true });
      await pause(250);
      await end();
      const report = await migrating;
      expect(report.changed).toBe(true);
      expect(report).not.toHaveProperty("stillOpen");
      return [];
    },
  },
  {
    name: "a repair",
    before: DAMAGED,
    run: async (file, end) => {
      const repairing = repairTranscript(file);
      await pause(250);
      await end();
      expect((await repairing).changed).toBe(true);
      return [];
    },
  },
  {
    name: "a repair where the system does not tell of it",
    before: DAMAGED,
    run: async (file, end) => {
      const repairing = repairTranscript(file, { fileSystem: silent });
      await pause(250);
      await end();
      expect((await repairing).changed).toBe(true);
      return [];
    },
  },
];

/** What the lines of a file are marked with; lines that are no JSON have none. */
async function marksIn(file: string): Promise<string[]> {
  const text = await readFile(file, "utf8");
  return text.split("\n").flatMap((line) => {
    try {
      return [(JSON.parse(line) as { mark?: string }).mark ?? ""];
    } catch {
      return [];
    }
  });
}

async function round(directory: string, nth: number, act: Act, how: Steadiness): Promise<void> {
  const file = join(directory, `${nth}.jsonl`);
  await writeFile(file, act.before);
  const old = (await marksIn(file)).filter((mark) => mark !== "");
  const writer = await SteadyWriter.start(file, "theirs", how);
  let theirs: string[] = [];
  let ours: string[] = [];
  try {
    ours = await act.run(file, async () => {
      theirs = await writer.end();
    });
  } finally {
    writer.process.kill("SIGKILL");
  }
  const marks = (await marksIn(file)).filter((mark) => mark !== "");
  expect(marks.toSorted()).toEqual([...old, ...theirs, ...ours].toSorted());
  expect(marks.filter((mark) => mark.startsWith("theirs"))).toEqual(theirs);
}

const WRITERS: readonly (Steadiness & { name: string })[] = [
  { name: "a linear line a second", linesPerSecond: 1, linked: false },
  { name: "a linked line a second", linesPerSecond: 1, linked: true },
  { name: "1,000 linear lines a second", linesPerSecond: 1000, linked: false },
  { name: "1,000 linked lines a second", linesPerSecond: 1000, linked: true },
];

describe.each(WRITERS)("beside $name", (how) => {
  test.each(ACTS)("$name: every line of everybody", {
    timeout: 60_000 + ROUNDS * 3000,
  }, async (act) => {
    const directory = await tempDirectory();
    for (let nth = 0; nth < ROUNDS; nth += 1) await round(directory, nth, act, how);
    expect((await openFilesBelow(directory)) ?? []).toEqual([]);
  });
});

test.each(ACTS.slice(3))("$name beside one that writes its lines in halves", {
  timeout: 60_000 + ROUNDS * 3000,
}, async (act) => {
  const directory = await tempDirectory();
  const how = { linesPerSecond: 50, linked: false, halves: true };
  for (let nth = 0; nth < ROUNDS; nth += 1) await round(directory, nth, act, how);
});
