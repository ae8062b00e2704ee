import { spawn } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bundleChildren } from "../support/crash/children-bundle.js";
import { checkKilled, isTorn, removeLock } from "../support/crash/killed-transcript.js";
import { tempDirectory } from "../support/temp-directory.js";

// A child appends to several transcripts at once and is killed at a random moment; one transcript
// of one killed child is one round. 150 rounds for each size; LEAFLOG_LONG=1 makes it 5,000.
const ROUNDS = process.env.LEAFLOG_LONG === "1" ? 5000 : 150;
/** Kills of the writer without leaflog, two rounds each. */
const NAIVE_KILLS = 15;
/** Children that run at the same time. */
const LANES = 2;
const MiB = 1024 * 1024;

/** Kills a child in the middle of its work; resolves to the ids that each file was acknowledged. */
async function killWriter(
  program: string,
  bytes: number,
  name: string,
  files: readonly string[],
): Promise<string[][]> {
  const child = spawn(process.execPath, [program, String(bytes), name, ...files]);
  // Time for a few entries, be they long or short.
  const patience = 40 + bytes / 20_000;
  let output = "";
  let complaint = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk;
  });
  child.stderr.on("data", (chunk: Buffer) => {
    complaint += chunk;
  });
  const closed = once(child, "close");
  await Promise.race([once(child.stdout, "data"), closed]);
  await new Promise((resolve) => setTimeout(resolve, Math.random() * patience));
  child.kill("SIGKILL");
  const [, signal] = (await closed) as [number | null, NodeJS.Signals | null];
  expect({ signal, complaint }).toEqual({ signal: "SIGKILL", complaint: "" });
  const acknowledged = files.map((): string[] => []);
  for (const line of output.split("\n").slice(0, -1)) {
    const [number, id] = line.split(" ") as [string, string];
    acknowledged[Number(number)]?.push(id);
  }
  return acknowledged;
}

interface Outcome {
  rounds: number;
  torn: number;
  acknowledged: number;
}

/** Kills children on the same few files `kills` times, then checks the files. */
async function killAgainAndAgain(
  directory: string,
  program: string,
  bytes: number,
  { files: count, kills }: { files: number; kills: number },
  outcome: Outcome,
): Promise<void> {
  const files = Array.from({ length: count }, (_, index) => join(directory, `${index}.jsonl`));
  const acknowledged = files.map((): string[] => []);
  for (let kill = 0; kill < kills; kill += 1) {
    const ids = await killWriter(program, bytes, String(kill), files);
    for (const [index, file] of files.entries()) {
      acknowledged[index]?.push(...(ids[index] as string[]));
      await removeLock(file);
      outcome.rounds += 1;
      if (isTorn(file)) outcome.torn += 1;
    }
  }
  for (const [index, file] of files.entries()) {
    await checkKilled(file, acknowledged[index] as string[], kills);
    outcome.acknowledged += (acknowledged[index] as string[]).length;
    await rm(file);
  }
}

test.each([
  { bytes: 300, files: 10, kills: 5 },
  { bytes: 64 * 1024, files: 10, kills: 5 },
  { bytes: 3 * MiB, files: 2, kills: 3 },
])("SIGKILL loses no acknowledged entry of $bytes bytes, and no half line harms the next", {
  timeout: 7_200_000,
}, async ({ bytes, ...shape }) => {
  const directory = await tempDirectory();
  const child = await bundleChildren(directory);
  const program = child("acknowledging-writer");
  const outcome: Outcome = { rounds: 0, torn: 0, acknowledged: 0 };
  const lane = async (number: number) => {
    const own = join(directory, String(number));
    while (outcome.rounds < ROUNDS) await killAgainAndAgain(own, program, bytes, shape, outcome);
  };
  await Promise.all(Array.from({ length: LANES }, (_, number) => lane(number)));
  expect(outcome.acknowledged).toBeGreaterThan(outcome.rounds / 2);
  // Short entries are hardly ever found torn; of long ones some have to be, or no kill met a write.
  if (bytes > MiB) expect(outcome.torn).toBeGreaterThan(0);
});

test("the kills meet writes half done: without leaflog they leave torn tails that stay", async () => {
  const directory = await tempDirectory();
  const program = (await bundleChildren(directory))("naive-writer");
  const files = [0, 1].map((index) => join(directory, `${index}.jsonl`));
  let torn = 0;
  for (let kill = 0; kill < NAIVE_KILLS; kill += 1) {
    await killWriter(program, 3 * MiB, String(kill), files);
    torn += files.filter(isTorn).length;
    await Promise.all(files.map((file) => rm(file)));
  }
  expect(torn).toBeGreaterThan(2);
});
