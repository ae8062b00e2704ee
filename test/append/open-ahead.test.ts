import { appendFileSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { nodeFileSystem } from "../../src/file/node-file-system.js";
import { openTranscript } from "../../src/index.js";
import {
  interceptedFileSystem,
  type PortCall,
  systemError,
} from "../support/intercepted-file-system.js";
import { HEADER_LINE, linkedLine, readChain } from "../support/lines.js";
import { openFilesBelow } from "../support/open-handles.js";
import { tempDirectory } from "../support/temp-directory.js";

/** A transcript with one entry; `event` is called when an operation on it or its lock has ended. */
async function scene(event: (call: PortCall, count: number) => void | Promise<void>) {
  const directory = await tempDirectory();
  const file = join(directory, "a.jsonl");
  writeFileSync(file, HEADER_LINE + linkedLine("a", null));
  const counts = new Map<string, number>();
  const fileSystem = interceptedFileSystem(
    async (call, run) => {
      const result = await run();
      const key = `${call.name} ${call.path}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
      await event(call, counts.get(key) ?? 0);
      return result;
    },
    nodeFileSystem,
    (_, run) => run(),
  );
  return { directory, file, fileSystem };
}

test("the file is opened while the lock is being made", async () => {
  const events: string[] = [];
  let opened: () => void = () => undefined;
  const isOpen = new Promise<void>((resolve) => {
    opened = resolve;
  });
  const { file, fileSystem } = await scene(async ({ name, path }) => {
    if (name !== "open") return;
    events.push(path.endsWith(".lock") ? "lock" : "file");
    if (path.endsWith(".lock")) await isOpen;
    else opened();
  });
  await using transcript = await openTranscript(file, { fileSystem });
  expect(await transcript.append({ type: "b" })).toMatchObject({ parentId: "a" });
  expect(events.filter((event) => event === "file")).toHaveLength(1);
});

test("what was appended before the lock was had is linked to", async () => {
  let target = "";
  const { file, fileSystem } = await scene(({ name, path }) => {
    // The lock is ours and the file was looked at: another wrote in between.
    if (name === "file.stat" && path === target) appendFileSync(target, linkedLine("late", "a"));
  });
  target = file;
  await using transcript = await openTranscript(file, { fileSystem });
  expect(await transcript.append({ type: "b" })).toMatchObject({ parentId: "late" });
  expect(await readChain(file)).toHaveLength(3);
});

test("a file that was replaced before the lock was had is let go of", async () => {
  let target = "";
  const { directory, file, fileSystem } = await scene(({ name, path }, count) => {
    if (name !== "file.stat" || path !== target || count > 1) return;
    writeFileSync(`${target}.new`, HEADER_LINE + linkedLine("n", null));
    renameSync(`${target}.new`, target);
  });
  target = file;
  await using transcript = await openTranscript(file, { fileSystem });
  expect(await transcript.append({ type: "b" })).toMatchObject({ parentId: "n" });
  expect(await readChain(file)).toHaveLength(2);
  await transcript.close();
  expect((await openFilesBelow(directory)) ?? []).toEqual([]);
});

test("a file that is gone by the time the lock is had is made anew", async () => {
  let target = "";
  const { file, fileSystem } = await scene(({ name, path }, count) => {
    if (name === "file.stat" && path === target && count === 1) rmSync(target);
  });
  target = file;
  await using transcript = await openTranscript(file, { fileSystem });
  expect(await transcript.append({ type: "b" })).toMatchObject({ parentId: null });
  expect(await readChain(file)).toHaveLength(1);
});

test("who cannot have the lock closes it again, and opens it when the lock is had", async () => {
  const { directory, file, fileSystem } = await scene(() => undefined);
  mkdirSync(`${file}.lock`);
  const transcript = await openTranscript(file, { fileSystem });
  await expect(transcript.append({ type: "b" }, { timeoutMs: 200 })).rejects.toMatchObject({
    code: "LEAFLOG_LOCK_TIMEOUT",
  });
  expect(((await openFilesBelow(directory)) ?? []).filter((path) => path === file)).toEqual([]);
  rmSync(`${file}.lock`, { recursive: true });
  expect(await transcript.append({ type: "b" })).toMatchObject({ parentId: "a" });
  await transcript.close();
  expect((await openFilesBelow(directory)) ?? []).toEqual([]);
});

test("a failure to open it ahead is none: it is opened again", async () => {
  let target = "";
  const { file, fileSystem } = await scene(({ name, path }, count) => {
    if (name === "open" && path === target && count === 1) throw systemError("EMFILE");
  });
  target = file;
  await using transcript = await openTranscript(file, { fileSystem });
  expect(await transcript.append({ type: "b" })).toMatchObject({ parentId: "a" });
});
