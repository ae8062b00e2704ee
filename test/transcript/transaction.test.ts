import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { migrateTranscript, openTranscript, type Transaction } from "../../src/index.js";
import { deferred } from "../support/deferred.js";
import { interceptedFileSystem } from "../support/intercepted-file-system.js";
import { HEADER_LINE, linearLine, linkedLine, readChain } from "../support/lines.js";
import { tempDirectory } from "../support/temp-directory.js";

async function fileWith(content: string): Promise<string> {
  const file = join(await tempDirectory(), "a.jsonl");
  await writeFile(file, content);
  return file;
}

test("reads, then appends with one write, and nobody comes in between", async () => {
  const file = await fileWith(HEADER_LINE + linkedLine("a", null));
  let writes = 0;
  const fileSystem = interceptedFileSystem(async ({ name, path }, run) => {
    if (name === "file.write" && path === file) writes += 1;
    return run();
  });
  await using transcript = await openTranscript(file, { fileSystem });
  const result = await transcript.transaction(async (tx) => {
    expect(await tx.leaf()).toEqual({ id: "a", shape: "linked" });
    expect((await tx.tail(1))[0]?.entry?.id).toBe("a");
    const first = tx.append({ type: "b" });
    await new Promise((resolve) => setTimeout(resolve, 20));
    tx.append({ type: "c" });
    expect(await readFile(file, "utf8")).not.toContain(first.id);
    return { first };
  });
  expect(writes).toBe(1);
  const chain = await readChain(file);
  expect(chain.map(({ type }) => type)).toEqual(["message", "b", "c"]);
  expect(chain[1]?.id).toBe(result.first.id);
  expect(chain[1]?.batch).toEqual({ index: 0, size: 2 });
});

test("appends of others wait, in this process and through another port, and are not lost", async () => {
  const file = await fileWith(HEADER_LINE);
  await using transcript = await openTranscript(file);
  await using second = await openTranscript(file);
  // A port of its own makes it a stranger: another queue, the same lock on the disk.
  await using stranger = await openTranscript(file, {
    fileSystem: interceptedFileSystem((_, run) => run()),
  });
  const held = deferred();
  const inside = deferred();
  const transaction = transcript.transaction(async (tx) => {
    tx.append({ type: "first" });
    inside.resolve();
    await held.promise;
  });
  await inside.promise;
  const others = [second, stranger].map((handle) => handle.append({ type: "later" }));
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(await readFile(file, "utf8")).toBe(HEADER_LINE);
  held.resolve();
  await Promise.all([transaction, ...others]);
  expect((await readChain(file)).map(({ type }) => type)).toEqual(["first", "later", "later"]);
});

test("nothing is written when the callback throws, and its error is the caller's", async () => {
  const content = HEADER_LINE + linearLine();
  const file = await fileWith(content);
  await using transcript = await openTranscript(file);
  const error = new Error("mine");
  const failing = transcript.transaction(async (tx) => {
    tx.append({ type: "b" });
    throw error;
  });
  await expect(failing).rejects.toBe(error);
  expect(await readFile(file, "utf8")).toBe(content);
  await expect(
    transcript.transaction(() => {
      throw error;
    }),
  ).rejects.toBe(error);
  await transcript.append({ type: "c" });
  expect(await readChain(file)).toHaveLength(2);
});

test("a linear transcript is migrated when something is appended, not before", async () => {
  const content = HEADER_LINE + linearLine();
  const file = await fileWith(content);
  await using transcript = await openTranscript(file);
  await transcript.transaction(async (tx) => {
    expect(await tx.leaf()).toEqual({ id: null, shape: "linear" });
  });
  expect(await readFile(file, "utf8")).toBe(content);
  await transcript.transaction(async (tx) => {
    tx.append({ type: "b" });
  });
  expect(await readChain(file)).toHaveLength(2);
});

test("waiting for itself is refused instead of hanging", async () => {
  const file = await fileWith(HEADER_LINE);
  await using transcript = await openTranscript(file);
  await using other = await openTranscript(join(file, "..", "b.jsonl"));
  const nested: [string, () => Promise<unknown>][] = [
    ["append", () => transcript.append({ type: "x" })],
    ["appendBatch", () => transcript.appendBatch([{ type: "x" }])],
    ["transaction", () => transcript.transaction(async () => 1)],
    ["flush", () => transcript.flush()],
    ["close", () => transcript.close()],
    ["migrate", () => migrateTranscript(file)],
  ];
  let later: Promise<unknown> | undefined;
  await transcript.transaction(async (tx) => {
    for (const [name, call] of nested) {
      await expect(call(), name).rejects.toMatchObject({ code: "LEAFLOG_IN_TRANSACTION" });
    }
    await other.append({ type: "elsewhere" });
    await other.transaction(async () => {
      await expect(transcript.append({ type: "x" })).rejects.toMatchObject({
        code: "LEAFLOG_IN_TRANSACTION",
      });
    });
    later = new Promise((resolve) => setTimeout(resolve, 50)).then(() =>
      transcript.append({ type: "after" }),
    );
    tx.append({ type: "inside" });
  });
  await later;
  expect((await readChain(file)).map(({ type }) => type)).toEqual(["inside", "after"]);
});

test("a program without the lock that appends meanwhile makes it fail, with nothing written", async () => {
  const file = await fileWith(HEADER_LINE + linkedLine("a", null));
  await using transcript = await openTranscript(file);
  const lost = transcript.transaction(async (tx) => {
    tx.append({ type: "b" });
    await writeFile(file, linkedLine("foreign", "a"), { flag: "a" });
  });
  await expect(lost).rejects.toMatchObject({
    code: "LEAFLOG_LEAF_CONFLICT",
    expected: "a",
    actual: "foreign",
  });
  expect(await readChain(file)).toHaveLength(2);
});

test("a transaction that is over takes nothing more, and repeated ids are refused", async () => {
  const file = await fileWith(HEADER_LINE);
  await using transcript = await openTranscript(file);
  let leaked: Transaction | undefined;
  await transcript.transaction(async (tx) => {
    leaked = tx;
    tx.append({ type: "a", id: "one" });
    expect(() => tx.append({ type: "a", id: "one" })).toThrow(/staged already/);
    expect(() => tx.append({ type: "session" })).toThrow(/type/);
  });
  expect(() => leaked?.append({ type: "b" })).toThrow(/over/);
  expect(await readChain(file)).toHaveLength(1);
});

test("waits no longer than asked, and can be given up", async () => {
  const file = await fileWith(HEADER_LINE);
  await using transcript = await openTranscript(file);
  const held = deferred();
  await using stranger = await openTranscript(file, {
    fileSystem: interceptedFileSystem((_, run) => run()),
  });
  const first = transcript.transaction(() => held.promise);
  await new Promise((resolve) => setTimeout(resolve, 50));
  await expect(stranger.transaction(async () => 1, { timeoutMs: 100 })).rejects.toMatchObject({
    code: "LEAFLOG_LOCK_TIMEOUT",
    owner: { pid: process.pid },
  });
  const control = new AbortController();
  const waiting = stranger.transaction(async () => 1, { signal: control.signal });
  control.abort();
  await expect(waiting).rejects.toMatchObject({ code: "LEAFLOG_ABORTED" });
  held.resolve();
  await first;
});

test("a signal ends it as long as nothing is written, also when the callback is done", async () => {
  const file = await fileWith(HEADER_LINE + linkedLine("a", null));
  const controller = new AbortController();
  let looks = 0;
  const fileSystem = interceptedFileSystem(async ({ name, path }, run) => {
    if (name === "stat" && path === file) {
      looks += 1;
      // The first look comes before the callback, the second behind it.
      if (looks === 2) controller.abort();
    }
    return run();
  });
  await using transcript = await openTranscript(file, { fileSystem });
  const { signal } = controller;
  const transaction = transcript.transaction(async (tx) => tx.append({ type: "b" }), { signal });
  await expect(transaction).rejects.toMatchObject({ code: "LEAFLOG_ABORTED" });
  expect(controller.signal.aborted).toBe(true);
  expect(await readFile(file, "utf8")).toBe(HEADER_LINE + linkedLine("a", null));
  await transcript.append({ type: "c" });
  expect((await readChain(file)).map(({ type }) => type)).toEqual(["message", "c"]);
});

test("a signal ends the wait of one whose turn has not come, and it never runs", async () => {
  const file = await fileWith(HEADER_LINE + linkedLine("a", null));
  await using transcript = await openTranscript(file);
  const held = deferred();
  const first = transcript.transaction(() => held.promise);
  const controller = new AbortController();
  const { signal } = controller;
  let ran = false;
  const second = transcript.transaction(
    async () => {
      ran = true;
    },
    { signal },
  );
  controller.abort("reason");
  await expect(second).rejects.toMatchObject({ code: "LEAFLOG_ABORTED", cause: "reason" });
  held.resolve();
  await first;
  await transcript.transaction(async (tx) => tx.append({ type: "b" }));
  expect(ran).toBe(false);
});
