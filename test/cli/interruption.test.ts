import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { HEADER_LINE } from "../support/lines.js";
import { CLI, ROOT } from "../support/run.js";
import { tempDirectory } from "../support/temp-directory.js";

/** Of zeros, which take no room on the disk and many seconds to be gone through. */
const SIZE = 16 * 1024 ** 3;

test.each([
  ["verify"],
  ["repair", "--write"],
  ["migrate", "--backup"],
])("SIGINT ends %s with 130, and leaves the transcript and nothing else", async (...args) => {
  const directory = await tempDirectory();
  const file = join(directory, "transcript.jsonl");
  await writeFile(file, HEADER_LINE);
  await truncate(file, SIZE);
  const child = spawn(process.execPath, ["--import", "tsx", CLI, ...args, file], { cwd: ROOT });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  const ended = once(child, "exit");
  // The first line of progress: by then it is in the midst of its work.
  const [said] = (await once(child.stderr, "data")) as [Buffer];
  expect(said.toString("utf8")).toMatch(/^\w+ing: \d+ %, \d+ MB\/s, \d+ s left\n/);
  child.kill("SIGINT");
  const rest = await text(child.stderr);
  expect(rest).toMatch(/LEAFLOG_ABORTED: .*ended by SIGINT/);
  expect(await ended).toEqual([130, null]);
  expect(await readdir(directory)).toEqual(["transcript.jsonl"]);
  expect((await stat(file)).size).toBe(SIZE);
});
