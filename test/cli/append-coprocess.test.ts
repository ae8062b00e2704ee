import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, onTestFinished, test } from "vitest";
import { readChain } from "../support/lines.js";
import { CLI, ROOT } from "../support/run.js";
import { tempDirectory } from "../support/temp-directory.js";

function start(file: string) {
  const child = spawn(process.execPath, ["--import", "tsx", CLI, "append", file], { cwd: ROOT });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  return child;
}

test("an id is printed as soon as its entry is appended, while stdin stays open", async () => {
  const file = join(await tempDirectory(), "transcript.jsonl");
  const child = start(file);
  const ids = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  for (const id of ["one", "two"]) {
    child.stdin.write(`{"type":"custom","id":"${id}"}\n`);
    expect(await ids.next()).toEqual({ done: false, value: id });
  }
  expect(await readChain(file)).toHaveLength(2);
  const ended = once(child, "exit");
  child.stdin.end();
  expect(await ended).toEqual([0, null]);
});

test("all lines are appended though nobody reads the ids", async () => {
  const file = join(await tempDirectory(), "transcript.jsonl");
  const child = start(file);
  const said: Buffer[] = [];
  child.stderr.on("data", (chunk: Buffer) => said.push(chunk));
  child.stdout.destroy();
  const ended = once(child, "close");
  child.stdin.write('{"type":"custom","id":"first"}\n');
  child.stdin.end('{"type":"custom","id":"last"}\n');
  expect(await ended).toEqual([0, null]);
  expect(Buffer.concat(said).toString("utf8")).toBe("");
  expect((await readChain(file)).map(({ id }) => id)).toEqual(["first", "last"]);
});
