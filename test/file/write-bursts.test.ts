import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { nodeFileSystem } from "../../src/file/node-file-system.js";
import { WriteBursts } from "../../src/file/write-bursts.js";
import { openTranscript } from "../../src/index.js";
import { tempDirectory } from "../support/temp-directory.js";

/** Writes that have been started, by their numbers. */
function started(now?: () => number) {
  const numbers: number[] = [];
  const bursts = new WriteBursts(now);
  const add = (number: number) => bursts.add(() => numbers.push(number));
  return { bursts, numbers, add };
}

test("a write that is alone starts at once, and so does the next when it is over", () => {
  const { bursts, numbers, add } = started();
  add(1);
  expect(numbers).toEqual([1]);
  bursts.remove();
  add(2);
  expect(numbers).toEqual([1, 2]);
});

test("others start together and in their order, when the turn of the event loop ends", async () => {
  const { numbers, add } = started(() => 0);
  for (const number of [1, 2, 3]) add(number);
  await Promise.resolve();
  expect(numbers).toEqual([1]);
  await turn();
  expect(numbers).toEqual([1, 2, 3]);
});

test("as soon as there are sixteen they start, and none of them twice", async () => {
  const { numbers, add } = started(() => 0);
  for (let number = 0; number <= 20; number += 1) add(number);
  expect(numbers).toHaveLength(17);
  await turn();
  expect(numbers).toEqual(Array.from({ length: 21 }, (_, number) => number));
});

test("where the thread runs on for half a millisecond, they wait no longer", () => {
  let ms = 0;
  const { numbers, add } = started(() => ms);
  add(1);
  add(2);
  ms = 0.4;
  add(3);
  expect(numbers).toEqual([1]);
  ms = 0.5;
  add(4);
  expect(numbers).toEqual([1, 2, 3, 4]);
});

test("a failed write is told, and does not hold up the next", async () => {
  const directory = await tempDirectory();
  const [broken, sound] = await Promise.all(
    ["broken", "sound"].map((name) => nodeFileSystem.open(join(directory, name), "create")),
  );
  await broken?.close();
  const line = Buffer.from("line\n");
  await expect(broken?.write(line)).rejects.toMatchObject({ code: "EBADF" });
  expect(await sound?.write(line)).toBe(line.length);
  await sound?.close();
});

test("many files at once: each has its own chain, all of it", async () => {
  const directory = join(await tempDirectory(), "sessions");
  mkdirSync(directory);
  const files = Array.from({ length: 40 }, (_, index) => join(directory, `${index}.jsonl`));
  await Promise.all(
    files.map(async (file) => {
      await using transcript = await openTranscript(file);
      for (let count = 0; count < 20; count += 1) await transcript.append({ type: "x", count });
    }),
  );
  for (const file of files) {
    const entries = readFileSync(file, "utf8")
      .trimEnd()
      .split("\n")
      .slice(1)
      .map((line) => JSON.parse(line));
    expect(entries.map(({ count }) => count)).toEqual(Array.from({ length: 20 }, (_, n) => n));
    expect(entries.slice(1).map(({ parentId }) => parentId)).toEqual(
      entries.slice(0, -1).map(({ id }) => id),
    );
  }
});
