import { appendFileSync, existsSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { expect, test } from "vitest";
import { nodeFileSystem } from "../../src/file/node-file-system.js";
import { openTranscript } from "../../src/index.js";
import { FaultPort } from "../support/fault-port.js";
import { linearLine } from "../support/lines.js";
import { tempDirectory } from "../support/temp-directory.js";

test("who lost the lock neither migrates nor removes what the new owner migrates with", async () => {
  const file = join(await tempDirectory(), "t.jsonl");
  const port = new FaultPort();
  const lock = { idleMs: 3000, timeoutMs: 400 };
  const transcript = await openTranscript(file, { fileSystem: port.fileSystem, lock });
  await transcript.append({ type: "custom" });
  // Until the last look at the lock does not count any more.
  await wait(50);
  await rm(`${file}.lock`);
  writeFileSync(`${file}.lock`, "");
  const temporary = `${file}.0f0f0f0f-0f0f-4f0f-8f0f-0f0f0f0f0f0f.leaflog-tmp`;
  writeFileSync(temporary, "what the new owner migrates to");
  appendFileSync(file, linearLine());
  const before = readFileSync(file);
  const alive = setInterval(() => utimesSync(`${file}.lock`, new Date(), new Date()), 100);
  const calls = port.calls.length;
  try {
    await expect(transcript.append({ type: "custom" })).rejects.toMatchObject({
      code: expect.stringMatching(/^LEAFLOG_LOCK_(LOST|TIMEOUT)$/),
    });
  } finally {
    clearInterval(alive);
  }
  expect(existsSync(temporary)).toBe(true);
  expect(readFileSync(file).equals(before)).toBe(true);
  const beside = port.calls.slice(calls).filter(({ path }) => path.endsWith("-tmp"));
  expect(beside.map(({ name }) => name)).toEqual([]);
  await nodeFileSystem.unlink(`${file}.lock`);
  await transcript.close();
});
