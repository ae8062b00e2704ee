import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openTranscript } from "../../src/index.js";
import { interceptedFileSystem } from "../support/intercepted-file-system.js";
import { readChain } from "../support/lines.js";
import { tempDirectory } from "../support/temp-directory.js";

test("close drains, then appends reject; it may be called again", async () => {
  const directory = await tempDirectory();
  const transcript = await openTranscript(join(directory, "a.jsonl"));
  const appended = Array.from({ length: 100 }, () => transcript.append({ type: "a" }));
  await Promise.all([transcript.close(), transcript.close()]);
  await Promise.all(appended);
  expect(await readChain(transcript.file)).toHaveLength(100);
  await expect(transcript.append({ type: "b" })).rejects.toMatchObject({ code: "LEAFLOG_CLOSED" });
  await expect(transcript.flush()).rejects.toMatchObject({ code: "LEAFLOG_CLOSED" });
  expect(await readdir(directory)).toEqual(["a.jsonl"]);
});

test("every descriptor that was opened is closed, also one handle's while another goes on", async () => {
  const file = join(await tempDirectory(), "a.jsonl");
  let open = 0;
  const fileSystem = interceptedFileSystem(async ({ name }, run) => {
    const result = await run();
    if (name === "open") open += 1;
    if (name === "file.close") open -= 1;
    return result;
  });
  const first = await openTranscript(file, { fileSystem });
  const second = await openTranscript(file, { fileSystem });
  await Promise.all([first.append({ type: "a" }), second.append({ type: "b" })]);
  await first.close();
  await second.append({ type: "c" });
  await second.leaf();
  await second.tail(2);
  for await (const _ of second.entries()) break;
  await second.close();
  expect(open).toBe(0);
  expect(await readChain(file)).toHaveLength(3);
});

test("await using closes", async () => {
  const directory = await tempDirectory();
  {
    await using transcript = await openTranscript(join(directory, "a.jsonl"));
    void transcript.append({ type: "a" });
  }
  expect(await readdir(directory)).toEqual(["a.jsonl"]);
  expect(await readChain(join(directory, "a.jsonl"))).toHaveLength(1);
});

test("flush waits for what was appended before, and syncs when asked", async () => {
  const file = join(await tempDirectory(), "a.jsonl");
  const synced: string[] = [];
  const fileSystem = interceptedFileSystem(async ({ name, path }, run) => {
    if (name === "file.datasync" || name === "syncDirectory") synced.push(path);
    return run();
  });
  await using transcript = await openTranscript(file, { fileSystem });
  const appended = transcript.append({ type: "a" });
  await transcript.flush();
  expect(await readChain(file)).toHaveLength(1);
  expect(synced).toEqual([]);
  await transcript.flush({ sync: true });
  expect(synced.slice(0, 2)).toEqual([file, join(file, "..")]);
  await appended;
});
