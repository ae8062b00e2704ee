import { appendFile, mkdir, symlink, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import {
  followTranscript,
  openTranscript,
  type ReadOptions,
  readBranch,
  readEntries,
  readEntry,
  readHeader,
  readLeaf,
  readPage,
  readTail,
  snapshotTranscript,
} from "../../src/index.js";
import { HEADER_LINE, linkedLine } from "../support/lines.js";
import { collect } from "../support/read/entries-model.js";
import { ReadPort } from "../support/read/read-port.js";
import { tempDirectory } from "../support/temp-directory.js";

const CONTENT =
  HEADER_LINE +
  linkedLine("a", null) +
  linkedLine("b", "a", { text: "x".repeat(500) }) +
  linkedLine("c", "a");

let directory: string;
let file: string;

beforeEach(async () => {
  directory = await tempDirectory();
  file = join(directory, "t.jsonl");
  await writeFile(file, CONTENT);
});

/** What all of them give. */
async function readAll(path: string, options: ReadOptions): Promise<unknown> {
  const { size, stream } = await snapshotTranscript(path, options);
  return {
    leaf: await readLeaf(path, options),
    header: await readHeader(path, options),
    entries: await collect(readEntries(path, { reverse: true, ...options })),
    tail: await readTail(path, 2, { maxBytes: 10_000, ...options }),
    entry: await readEntry(path, "b", options),
    branch: await collect(readBranch(path, "b", { rootFirst: true, ...options })),
    page: await readPage(path, { limit: 2, direction: "backward", ...options }),
    snapshot: [size, String(Buffer.concat(await collect<Buffer>(stream)))],
  };
}

describe("the readers of a path", () => {
  it("give what those of a handle give, under any name of the file, and leave nothing open", async () => {
    const transcript = await openTranscript(file, { maxEntryBytes: 300 });
    const { size, stream } = await transcript.snapshot();
    const expected = {
      leaf: await transcript.leaf(),
      header: await transcript.header(),
      entries: await collect(transcript.entries({ reverse: true })),
      tail: await transcript.tail(2, { maxBytes: 10_000 }),
      entry: await transcript.entry("b"),
      branch: await collect(transcript.branch("b", { rootFirst: true })),
      page: await transcript.page({ limit: 2, direction: "backward" }),
      snapshot: [size, String(Buffer.concat(await collect<Buffer>(stream)))],
    };
    await transcript.close();
    expect(expected.entry).toMatchObject({ oversized: { id: "b" } });
    await mkdir(join(directory, "d"));
    const link = join(directory, "d", "link.jsonl");
    await symlink("../t.jsonl", link);
    for (const path of [file, relative(process.cwd(), file), link]) {
      const port = new ReadPort();
      const options = { fileSystem: port.fileSystem, maxEntryBytes: 300 };
      expect(await readAll(path, options)).toEqual(expected);
      expect(port).toMatchObject({ openFiles: 0, forbidden: [] });
      expect(port.bytesRead).toBeGreaterThan(CONTENT.length);
    }
  });

  it("follow what is appended, through a symlink, too", async () => {
    const link = join(directory, "link.jsonl");
    await symlink(file, link);
    const port = new ReadPort();
    const controller = new AbortController();
    const { signal } = controller;
    const ids: unknown[] = [];
    const options = { fileSystem: port.fileSystem, pollMs: 20, from: "start" as const, signal };
    for await (const { entry } of followTranscript(link, options)) {
      ids.push(entry?.id);
      if (ids.length === 3) await appendFile(file, linkedLine("d", "c"));
      if (ids.length === 4) controller.abort();
    }
    expect(ids).toEqual(["a", "b", "c", "d"]);
    expect(port).toMatchObject({ openFiles: 0, watches: 0, forbidden: [] });
  });

  it("refuse what is no path, and options that are none, as those of a handle do", async () => {
    const bad = { code: "LEAFLOG_INVALID_ARGUMENT" };
    for (const path of ["", "a\0b", 1 as unknown as string]) {
      expect(() => readEntries(path)).toThrow(/`file` must be a path/);
      expect(() => readBranch(path)).toThrow(/`file` must be a path/);
      expect(() => followTranscript(path)).toThrow(/`file` must be a path/);
      await expect(readLeaf(path)).rejects.toMatchObject(bad);
      await expect(readTail(path, 1)).rejects.toMatchObject(bad);
    }
    await expect(readTail(file, -1)).rejects.toMatchObject(bad);
    await expect(readPage(file, { limit: 0 })).rejects.toMatchObject(bad);
    await expect(readLeaf(file, { maxOpenFiles: 0 })).rejects.toMatchObject(bad);
    expect(() => readEntries(file, { from: -1 })).toThrow(/`from` must be/);
  });

  it("find nothing where no file is", async () => {
    const none = join(directory, "none.jsonl");
    expect(await readLeaf(none)).toEqual({ id: null, shape: "empty" });
    expect(await readHeader(none)).toBeUndefined();
    expect(await collect(readEntries(none))).toEqual([]);
    expect(await readTail(none, 3)).toEqual([]);
  });
});
