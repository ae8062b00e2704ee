import { mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { migrateTranscript, openTranscript } from "../../src/index.js";
import { FaultPort } from "../support/fault-port.js";
import { failing } from "../support/fault-strikes.js";
import {
  failingFileSystem,
  interceptedFileSystem,
  systemError,
} from "../support/intercepted-file-system.js";
import { HEADER_LINE, linkedLine } from "../support/lines.js";
import { tempDirectory } from "../support/temp-directory.js";

const OTHER = HEADER_LINE + linkedLine("other", null);

test("a transcript renamed over the one that was made in vain is not removed with it", async () => {
  const directory = await tempDirectory();
  const file = join(directory, "a.jsonl");
  await writeFile(join(directory, "other"), OTHER);
  let armed = true;
  const fileSystem = interceptedFileSystem(async ({ name, path }, run) => {
    if (name !== "file.write" || path !== file || !armed) return run();
    armed = false;
    await rename(join(directory, "other"), file);
    throw systemError("ENOSPC");
  });
  await using transcript = await openTranscript(file, { fileSystem });
  await expect(transcript.append({ type: "a" })).rejects.toMatchObject({ cutBack: true });
  expect(await readFile(file, "utf8")).toBe(OTHER);
  expect(await transcript.append({ type: "b" })).toMatchObject({ parentId: "other" });
});

test("a failed append leaves no descriptor open, even where cleaning up fails", async () => {
  const file = join(await tempDirectory(), "a.jsonl");
  const port = new FaultPort({
    strike: failing("EIO"),
    nth: 1,
    once: false,
    matches: ({ name, path }) => path === file && name.startsWith("file."),
  });
  const options = { fileSystem: port.fileSystem, lock: { idleMs: 5000, maxHoldMs: 5000 } };
  await using transcript = await openTranscript(file, options);
  await expect(transcript.append({ type: "a" })).rejects.toMatchObject({ cause: { code: "EIO" } });
  expect(port.openFiles).toBe(0);
});

test("migrating what is not there makes no directory", async () => {
  const directory = await tempDirectory();
  await expect(migrateTranscript(join(directory, "new", "a.jsonl"))).rejects.toMatchObject({
    code: "LEAFLOG_READ_FAILED",
    cause: { code: "ENOENT" },
  });
  expect(await readdir(directory)).toEqual([]);
});

test("a directory that cannot be made", async () => {
  const directory = await tempDirectory();
  const file = join(directory, "new", "a.jsonl");
  const inside = join(directory, "new");
  const fileSystem = failingFileSystem(
    "EIO",
    ({ name, path }) => name === "mkdir" && path === inside,
  );
  await using transcript = await openTranscript(file, { fileSystem });
  const work = transcript.transaction(async (tx) => tx.append({ type: "a" }));
  await expect(work).rejects.toMatchObject({
    code: "LEAFLOG_WRITE_FAILED",
    file,
    cause: { code: "EIO" },
  });
});

test("a descriptor that closes with an error: close tells, and the lock is given back", async () => {
  const file = join(await tempDirectory(), "a.jsonl");
  const fileSystem = interceptedFileSystem(async ({ name, path }, run) => {
    const result = await run();
    if (name === "file.close" && path === file) throw systemError("EIO");
    return result;
  });
  const lock = { idleMs: 5000, maxHoldMs: 5000 };
  const transcript = await openTranscript(file, { fileSystem, lock });
  await transcript.append({ type: "a" });
  await expect(transcript.close()).rejects.toMatchObject({
    code: "LEAFLOG_WRITE_FAILED",
    file,
    cause: { code: "EIO" },
  });
  await mkdir(`${file}.lock`);
});
