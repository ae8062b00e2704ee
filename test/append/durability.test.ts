import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import type { FileStat } from "../../src/file/file-stat.js";
import { syncWayTo } from "../../src/file/replace/sync-names.js";
import { type FileSystem, openTranscript } from "../../src/index.js";
import { failingFileSystem, interceptedFileSystem } from "../support/intercepted-file-system.js";
import { HEADER_LINE, linearLine, readChain } from "../support/lines.js";
import { tempDirectory } from "../support/temp-directory.js";

/** Records writes, syncs and acknowledgements on one transcript, in their order. */
async function recorder() {
  const file = join(await tempDirectory(), "new", "a.jsonl");
  const events: string[] = [];
  const root = dirname(dirname(file));
  const fileSystem = interceptedFileSystem(async ({ name, path }, run) => {
    const result = await run();
    if (name === "file.write" && path === file) events.push("write");
    if (name === "file.datasync" && path === file) events.push("datasync");
    // Those above it are synced too: who made them may have died.
    if (name === "syncDirectory" && path.startsWith(root)) {
      events.push(`sync ${path.slice(root.length)}`);
    }
    return result;
  });
  return { file, events, fileSystem };
}

test("written: acknowledged after the write, nothing is synced", async () => {
  const { file, events, fileSystem } = await recorder();
  await using transcript = await openTranscript(file, { fileSystem });
  await transcript.append({ type: "a" }).then(() => events.push("acknowledged"));
  expect(events).toEqual(["write", "acknowledged"]);
});

test("synced: acknowledged after fdatasync, and after the names when the file is new", async () => {
  const { file, events, fileSystem } = await recorder();
  await using transcript = await openTranscript(file, { fileSystem, durability: "synced" });
  await transcript.append({ type: "a" }).then(() => events.push("acknowledged"));
  await transcript.append({ type: "b" }).then(() => events.push("acknowledged"));
  expect(events).toEqual([
    "write",
    "datasync",
    "sync ",
    "sync /new",
    "sync ",
    "acknowledged",
    "write",
    "datasync",
    "acknowledged",
  ]);
});

test("one write and one fdatasync for all that is pending", async () => {
  const { file, events, fileSystem } = await recorder();
  await using transcript = await openTranscript(file, { fileSystem, durability: "synced" });
  await transcript.append({ type: "first" });
  events.length = 0;
  await Promise.all(Array.from({ length: 100 }, () => transcript.append({ type: "a" })));
  expect(events).toEqual(["write", "datasync"]);
  await transcript.appendBatch([{ type: "b", text: "x".repeat(3_000_000) }, { type: "c" }]);
  expect(events).toEqual(["write", "datasync", "write", "datasync"]);
});

test("handles of both kinds share a file: each is acknowledged at its own moment", async () => {
  const { file, events, fileSystem } = await recorder();
  await using written = await openTranscript(file, { fileSystem });
  await using synced = await openTranscript(file, { fileSystem, durability: "synced" });
  await synced.append({ type: "first" });
  events.length = 0;
  await Promise.all([
    synced.append({ type: "s" }).then(() => events.push("synced")),
    written.append({ type: "w" }).then(() => events.push("written")),
  ]);
  expect(events).toEqual(["write", "written", "datasync", "synced"]);
  expect((await readChain(file)).map(({ type }) => type)).toEqual(["first", "s", "w"]);
});

test("synced: a migration's new name is on the medium before the append is acknowledged", async () => {
  const { file, events, fileSystem } = await recorder();
  const beside = join(dirname(dirname(file)), "b.jsonl");
  await writeFile(beside, HEADER_LINE + linearLine());
  await using transcript = await openTranscript(beside, { fileSystem, durability: "synced" });
  await transcript.append({ type: "a" }).then(() => events.push("acknowledged"));
  expect(events.at(-1)).toBe("acknowledged");
  expect(events).toContain("sync ");
});

test("a batch of 200,000 entries is one write", async () => {
  const { file, events, fileSystem } = await recorder();
  await using transcript = await openTranscript(file, {
    fileSystem,
    queue: { maxEntries: 10, maxBytes: 10 },
  });
  await transcript.appendBatch(Array.from({ length: 200_000 }, () => ({ type: "a" })));
  expect(events).toEqual(["write"]);
  expect(await readChain(file)).toHaveLength(200_000);
});

test("synced: the name of a file that another process made is on the medium too", async () => {
  const { file, events, fileSystem } = await recorder();
  const beside = join(dirname(dirname(file)), "b.jsonl");
  await writeFile(beside, HEADER_LINE);
  await using transcript = await openTranscript(beside, { fileSystem, durability: "synced" });
  await transcript.append({ type: "a" }).then(() => events.push("acknowledged"));
  await rename(beside, `${beside}.old`);
  await writeFile(beside, HEADER_LINE);
  await transcript.append({ type: "b" }).then(() => events.push("acknowledged"));
  expect(events).toEqual(["sync ", "acknowledged", "sync ", "acknowledged"]);
});

test("synced: a directory that cannot be synced poisons nothing", async () => {
  const file = join(await tempDirectory(), "a.jsonl");
  const fileSystem = failingFileSystem("EPERM", ({ name }) => name === "syncDirectory");
  await using transcript = await openTranscript(file, { fileSystem, durability: "synced" });
  await transcript.append({ type: "a" });
  expect(await readChain(file)).toHaveLength(1);
});

test("a directory that was removed and made again has its name synced again", async () => {
  const { file, events, fileSystem } = await recorder();
  const directory = dirname(file);
  const names = async () => {
    events.length = 0;
    await using transcript = await openTranscript(file, { fileSystem, durability: "synced" });
    await transcript.append({ type: "a" });
    return events.filter((event) => event.startsWith("sync"));
  };
  // Made by a process that died before it could sync them.
  await mkdir(directory);
  expect(await names()).toEqual(["sync /new", "sync "]);
  await rm(file);
  expect(await names()).toEqual(["sync /new"]);
  await rm(directory, { recursive: true });
  await mkdir(directory);
  expect(await names()).toEqual(["sync /new", "sync "]);
  // The same directory under a name that is new.
  await mkdir(`${directory}-other`);
  await rename(directory, join(`${directory}-other`, "a"));
  await rename(`${directory}-other`, directory);
  events.length = 0;
  const moved = join(directory, "a", "b.jsonl");
  await using transcript = await openTranscript(moved, { fileSystem, durability: "synced" });
  await transcript.append({ type: "a" });
  expect(events.filter((event) => event.startsWith("sync"))).toEqual([
    "sync /new/a",
    "sync /new",
    "sync ",
  ]);
});

test("of directories that were synced no more than so many are remembered", async () => {
  const stat = { dev: 1n, ino: 1n, birthtimeNs: 1n, ctimeNs: 2n } as FileStat;
  let synced = 0;
  const fileSystem = {
    stat: async () => stat,
    syncDirectory: async () => {
      synced += 1;
    },
  } as unknown as FileSystem;
  const way = async (n: number) => {
    const before = synced;
    await syncWayTo(fileSystem, `/d${n}/t.jsonl`);
    return synced - before;
  };
  expect(await way(0)).toBe(2);
  for (let n = 1; n <= 2000; n += 1) await way(n);
  expect(await way(2000)).toBe(1);
  expect(await way(0)).toBe(2);
});
