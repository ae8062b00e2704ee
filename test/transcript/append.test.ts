import { truncateSync, writeFileSync } from "node:fs";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { migrateTranscript, openTranscript } from "../../src/index.js";
import { HEADER_LINE, linkedLine, readChain, readLines } from "../support/lines.js";
import { tempDirectory } from "../support/temp-directory.js";

describe("append", () => {
  test("touches nothing on the disk until the first append", async () => {
    const directory = join(await tempDirectory(), "new", "deeper");
    await using transcript = await openTranscript(join(directory, "a.jsonl"));
    expect(await transcript.leaf()).toEqual({ id: null, shape: "empty" });
    expect(await transcript.header()).toBeUndefined();
    expect(await transcript.tail(5)).toEqual([]);
    await expect(stat(directory)).rejects.toMatchObject({ code: "ENOENT" });
  });

  test("creates header and directories for their owner alone, whatever the umask", async () => {
    const root = await tempDirectory();
    const before = process.umask(0o777);
    try {
      process.umask(0);
      await using open = await openTranscript(join(root, "x", "y", "open.jsonl"), {
        sessionId: "my-session",
        cwd: "/somewhere",
      });
      await open.append({ type: "custom" });
      expect((await stat(open.file)).mode & 0o777).toBe(0o600);
      expect((await stat(join(root, "x"))).mode & 0o777).toBe(0o700);
      expect((await stat(join(root, "x", "y"))).mode & 0o777).toBe(0o700);
      expect(await open.header()).toMatchObject({
        type: "session",
        version: 3,
        id: "my-session",
        cwd: "/somewhere",
      });
      process.umask(0o777);
      await using shut = await openTranscript(join(root, "shut.jsonl"), { mode: 0o640 });
      await shut.append({ type: "custom" });
      expect((await stat(shut.file)).mode & 0o777).toBe(0o640);
    } finally {
      process.umask(before);
    }
  });

  test("links each entry to the one before and tells where it stands", async () => {
    const file = join(await tempDirectory(), "a.jsonl");
    await using transcript = await openTranscript(file);
    const first = await transcript.appendMessage({ role: "user", content: "Grüße 🌱" });
    const second = await transcript.append({ type: "custom", id: "mine", timestamp: "then", x: 1 });
    const [third, fourth] = await transcript.appendBatch([{ type: "a" }, { type: "b" }]);
    expect(first).toMatchObject({ parentId: null, appended: true, linked: true });
    expect(second).toMatchObject({ id: "mine", parentId: first.id });
    expect(third?.parentId).toBe("mine");
    expect(fourth?.parentId).toBe(third?.id);
    const bytes = await readFile(file);
    for (const result of [first, second, third, fourth]) {
      const line = bytes.subarray(result?.offset, (result?.offset ?? 0) + (result?.length ?? 0));
      expect(JSON.parse(line.toString())).toMatchObject({ id: result?.id });
      expect(bytes[(result?.offset ?? 0) + (result?.length ?? 0)]).toBe(0x0a);
    }
    const chain = await readChain(file);
    expect(chain).toHaveLength(4);
    expect(chain[1]).toEqual({
      type: "custom",
      id: "mine",
      parentId: first.id,
      timestamp: "then",
      x: 1,
    });
    expect(chain[2]?.batch).toEqual({ index: 0, size: 2 });
    expect(chain[3]?.batch).toEqual({ index: 1, size: 2 });
    expect(chain[0]?.batch).toBeUndefined();
    expect(await transcript.leaf()).toEqual({ id: fourth?.id, shape: "linked" });
  });

  test("keeps the order of calls that were not awaited, and writes them with one write", async () => {
    const file = join(await tempDirectory(), "a.jsonl");
    await using transcript = await openTranscript(file);
    const results = await Promise.all(
      Array.from({ length: 500 }, (_, index) => transcript.append({ type: "n", index })),
    );
    const chain = await readChain(file);
    expect(chain.map(({ index }) => index)).toEqual([...Array(500).keys()]);
    expect(chain.map(({ id }) => id)).toEqual(results.map(({ id }) => id));
  });

  test("takes the value as it was at the call", async () => {
    const file = join(await tempDirectory(), "a.jsonl");
    await using transcript = await openTranscript(file);
    const message = { role: "user", content: "before" };
    const done = transcript.appendMessage(message);
    message.content = "after";
    await done;
    expect((await readChain(file))[0]?.message).toEqual({ role: "user", content: "before" });
  });

  test("an empty batch touches nothing", async () => {
    const file = join(await tempDirectory(), "a.jsonl");
    await using transcript = await openTranscript(file);
    expect(await transcript.appendBatch([])).toEqual([]);
    await expect(stat(file)).rejects.toMatchObject({ code: "ENOENT" });
  });

  test("links to what another program appended, and reads no more than that", async () => {
    const file = join(await tempDirectory(), "a.jsonl");
    await using transcript = await openTranscript(file);
    const ours = await transcript.append({ type: "a" });
    await writeFile(file, linkedLine("foreign", ours.id), { flag: "a" });
    expect(await transcript.append({ type: "b" })).toMatchObject({ parentId: "foreign" });
    await readChain(file);
  });

  test("does as a leaf entry says, and ignores one that names no entry", async () => {
    const file = join(await tempDirectory(), "a.jsonl");
    await using transcript = await openTranscript(file);
    const a = await transcript.append({ type: "a" });
    const b = await transcript.append({ type: "b" });
    await transcript.append({ type: "leaf", targetId: a.id });
    expect(await transcript.append({ type: "c" })).toMatchObject({ parentId: a.id });
    const ignored = await transcript.append({ type: "leaf", targetId: "nobody" });
    const d = await transcript.append({ type: "d" });
    expect(ignored.parentId).not.toBe(b.id);
    expect(d.parentId).toBe(ignored.parentId);
    await transcript.append({ type: "leaf", targetId: null });
    expect(await transcript.leaf()).toEqual({ id: null, shape: "linked" });
    expect(await transcript.append({ type: "e" })).toMatchObject({ parentId: null });
    const [, move, g] = await transcript.appendBatch([
      { type: "f", id: "f" },
      { type: "leaf", targetId: d.id },
      { type: "g" },
    ]);
    expect(move?.parentId).toBe("f");
    expect(g?.parentId).toBe(d.id);
    // A fresh look at the file comes to the same leaf as the writer's own book-keeping.
    const copy = `${file}.copy`;
    await writeFile(copy, await readFile(file));
    await using other = await openTranscript(copy);
    expect(await other.leaf()).toEqual(await transcript.leaf());
  });

  test("a batch that ends in an ignored leaf entry is whole all the same", async () => {
    const file = join(await tempDirectory(), "a.jsonl");
    await using transcript = await openTranscript(file);
    await transcript.append({ type: "root" });
    await transcript.appendBatch([
      { type: "m", id: "m1" },
      { type: "leaf", targetId: "nobody" },
    ]);
    const copy = `${file}.copy`;
    await writeFile(copy, await readFile(file));
    await using other = await openTranscript(copy);
    expect(await other.leaf()).toEqual({ id: "m1", shape: "linked" });
    expect(await transcript.append({ type: "next" })).toMatchObject({ parentId: "m1" });
  });

  test("an interrupted batch is left behind as a branch", async () => {
    const file = join(await tempDirectory(), "a.jsonl");
    const batch = (id: string, parentId: string, index: number) =>
      linkedLine(id, parentId, { batch: { index, size: 3 } });
    const torn = batch("y", "x", 2).slice(0, 30);
    await writeFile(
      file,
      HEADER_LINE + linkedLine("root", null) + batch("w", "root", 0) + batch("x", "w", 1) + torn,
    );
    await using transcript = await openTranscript(file);
    expect(await transcript.leaf()).toEqual({ id: "root", shape: "linked" });
    const result = await transcript.append({ type: "after" });
    expect(result.parentId).toBe("root");
    expect(result.tornTail).toMatchObject({ length: 30, kept: "malformed" });
  });

  test("expectedLeaf guards an append and names what is", async () => {
    const file = join(await tempDirectory(), "a.jsonl");
    await using transcript = await openTranscript(file);
    const first = await transcript.append({ type: "a" }, { expectedLeaf: null });
    await expect(transcript.append({ type: "b" }, { expectedLeaf: null })).rejects.toMatchObject({
      code: "LEAFLOG_LEAF_CONFLICT",
      expected: null,
      actual: first.id,
    });
    const racers = await Promise.allSettled([
      transcript.append({ type: "c" }, { expectedLeaf: first.id }),
      transcript.append({ type: "d" }, { expectedLeaf: first.id }),
    ]);
    expect(racers.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
    expect(await readChain(file)).toHaveLength(2);
  });

  test("refuses an id that is already the leaf: it would be its own parent", async () => {
    const file = join(await tempDirectory(), "a.jsonl");
    await using transcript = await openTranscript(file);
    await transcript.append({ type: "a", id: "same" });
    await expect(transcript.append({ type: "b", id: "same" })).rejects.toMatchObject({
      code: "LEAFLOG_INVALID_ARGUMENT",
    });
    await expect(
      transcript.appendBatch([
        { type: "b", id: "twice" },
        { type: "b", id: "twice" },
      ]),
    ).rejects.toMatchObject({ code: "LEAFLOG_INVALID_ARGUMENT" });
    expect(await readChain(file)).toHaveLength(1);
  });

  test("tells that the file was emptied since it was last seen, once", async () => {
    const file = join(await tempDirectory(), "a.jsonl");
    await using transcript = await openTranscript(file);
    writeFileSync(file, "");
    expect(await transcript.append({ type: "a" })).not.toHaveProperty("truncated");
    truncateSync(file, 0);
    const [first, second] = await transcript.appendBatch([{ type: "a" }, { type: "a" }]);
    expect(first).toMatchObject({ truncated: true, parentId: null });
    expect(second).not.toHaveProperty("truncated");
    expect(await transcript.append({ type: "a" })).not.toHaveProperty("truncated");
  });

  test("refuses the leaf's id wherever it stands in a batch or transaction", async () => {
    const file = join(await tempDirectory(), "a.jsonl");
    await using transcript = await openTranscript(file);
    await transcript.append({ type: "a", id: "leaf" });
    const entries = [{ type: "b", id: "between" }, { type: "b" }, { type: "b", id: "leaf" }];
    const refusal = {
      code: "LEAFLOG_INVALID_ARGUMENT",
      message: expect.stringContaining("already the leaf"),
    };
    await expect(transcript.appendBatch(entries)).rejects.toMatchObject(refusal);
    const staged = transcript.transaction(async (tx) => {
      for (const entry of entries) tx.append(entry);
    });
    await expect(staged).rejects.toMatchObject(refusal);
    expect(await readChain(file)).toHaveLength(1);
  });

  test("leaves nothing beside the transcript", async () => {
    const directory = await tempDirectory();
    const file = join(directory, "a.jsonl");
    const transcript = await openTranscript(file);
    await transcript.append({ type: "a" });
    await transcript.close();
    expect(await readdir(directory)).toEqual(["a.jsonl"]);
  });

  test("a second migration changes nothing", async () => {
    const file = join(await tempDirectory(), "a.jsonl");
    await writeFile(file, `${HEADER_LINE}{"type":"message"}\n{"type":"message","id":"kept"}\n`);
    const first = await migrateTranscript(file);
    expect(first).toMatchObject({ changed: true, migrated: 2 });
    const bytes = await readFile(file);
    expect(await migrateTranscript(file)).toMatchObject({ changed: false, migrated: 0 });
    expect(await readFile(file)).toEqual(bytes);
    expect((await readLines(file))[2]?.id).toBe("kept");
  });
});

test("ids of one batch differ, and who repeats one is told which", async () => {
  const file = join(await tempDirectory(), "a.jsonl");
  await using transcript = await openTranscript(file);
  const batch = ["first", "twice", "twice"].map((id) => ({ type: "x", id }));
  await expect(transcript.appendBatch(batch)).rejects.toMatchObject({
    code: "LEAFLOG_INVALID_ARGUMENT",
    message: expect.stringContaining("several entries of the call have the `id` twice: "),
    file,
  });
});
