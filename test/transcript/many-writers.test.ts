import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { readChain } from "../support/lines.js";
import { tempDirectory } from "../support/temp-directory.js";

const WRITERS = 8;
const ENTRIES = 500;

async function startWriter(file: string, writer: number): Promise<ChildProcess> {
  const program = fileURLToPath(new URL("children/writer.ts", import.meta.url));
  const child = fork(program, [file, String(writer), String(ENTRIES)], {
    execArgv: ["--import", "tsx"],
  });
  await once(child, "message");
  return child;
}

test(`${WRITERS} processes x ${ENTRIES} appends give one chain`, { timeout: 120_000 }, async () => {
  const directory = await tempDirectory();
  const file = join(directory, "a.jsonl");
  const children = await Promise.all(
    Array.from({ length: WRITERS }, (_, writer) => startWriter(file, writer)),
  );
  const ends = children.map((child) => once(child, "exit"));
  for (const child of children) child.send("go");
  expect((await Promise.all(ends)).map(([code]) => code)).toEqual(Array(WRITERS).fill(0));

  const chain = await readChain(file);
  expect(chain).toHaveLength(WRITERS * ENTRIES);
  for (let writer = 0; writer < WRITERS; writer += 1) {
    const own = chain.filter((entry) => entry.writer === String(writer));
    expect(own.map(({ sequence }) => sequence)).toEqual([...Array(ENTRIES).keys()]);
  }
  expect(await readdir(directory)).toEqual(["a.jsonl"]);
});
