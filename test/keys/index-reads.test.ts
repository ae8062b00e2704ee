import { appendFile, open, stat } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openTranscript } from "../../src/index.js";
import { KeyIndex } from "../../src/keys/key-index.js";
import { keyIndexOf, trimKeyIndexes } from "../../src/keys/key-indexes.js";
import { interceptedFileSystem, systemError } from "../support/intercepted-file-system.js";
import { HEADER_LINE, linkedLine } from "../support/lines.js";
import { tempDirectory } from "../support/temp-directory.js";

const LINES = 2000;
const hello = { role: "user", content: "hello" };

/** About 4 MB of keyed messages: more than may be read with the lock held. */
async function largeFile(): Promise<{ file: string; size: number }> {
  const file = join(await tempDirectory(), "a.jsonl");
  const handle = await open(file, "w");
  await handle.write(HEADER_LINE);
  for (let n = 0; n < LINES; n += 1) {
    const message = { ...hello, padding: "x".repeat(2000), idempotencyKey: `k${n}` };
    await handle.write(linkedLine(`e${n}`, n === 0 ? null : `e${n - 1}`, { message }));
  }
  await handle.close();
  return { file, size: (await stat(file)).size };
}

/** A port that counts the bytes read, in all and while the lock is there. */
function countingPort(file: string) {
  const read = { bytes: 0, locked: 0, most: 0 };
  const fileSystem = interceptedFileSystem(async (call, run) => {
    const result = await run();
    if (call.name !== "file.read") return result;
    const bytes = result as number;
    read.bytes += bytes;
    const locked = await stat(`${file}.lock`).then(
      () => true,
      () => false,
    );
    if (locked) read.locked += bytes;
    return result;
  });
  return { fileSystem, read };
}

const seen = (read: { bytes: number; locked: number }) => {
  const { bytes, locked } = read;
  read.bytes = 0;
  read.locked = 0;
  return { bytes, locked };
};

test("the first key has the file read once, without the lock; later ones what is new", async () => {
  const { file, size } = await largeFile();
  const { fileSystem, read } = countingPort(file);
  {
    await using transcript = await openTranscript(file, { fileSystem });
    await transcript.appendMessage(hello);
    const unkeyed = seen(read);
    expect(unkeyed.bytes).toBeLessThan(200_000);

    const found = await transcript.appendMessage(hello, {
      idempotencyKey: "k5",
      onIdempotencyConflict: "stored",
    });
    expect(found).toMatchObject({ id: "e5", appended: false });
    const first = seen(read);
    expect(first.bytes).toBeGreaterThan(size);
    expect(first.bytes).toBeLessThan(size * 1.2);
    expect(first.locked).toBeLessThan(200_000);

    await transcript.appendMessage(hello, { idempotencyKey: "new" });
    await transcript.appendMessage(hello, { idempotencyKey: "newer" });
    expect(seen(read).bytes).toBeLessThan(20_000);
  }
  // Who opens the transcript anew does not begin anew.
  await using again = await openTranscript(file, { fileSystem });
  const result = await again.appendMessage(hello, { idempotencyKey: "newer" });
  expect(result.appended).toBe(false);
  expect(seen(read).bytes).toBeLessThan(100_000);
});

test("what other writers add is read without the lock when it is much", async () => {
  const { file } = await largeFile();
  const { fileSystem, read } = countingPort(file);
  await using transcript = await openTranscript(file, { fileSystem });
  await transcript.appendMessage(hello, { idempotencyKey: "first" });
  seen(read);
  const { id } = await transcript.appendMessage(hello, { idempotencyKey: "second" });
  const message = { ...hello, padding: "x".repeat(2_000_000) };
  await appendFile(file, linkedLine("big", id, { message }));
  await appendFile(
    file,
    linkedLine("theirs", "big", { message: { ...hello, idempotencyKey: "t" } }),
  );
  const found = await transcript.appendMessage(hello, { idempotencyKey: "t" });
  expect(found).toMatchObject({ id: "theirs", appended: false });
  const { bytes, locked } = seen(read);
  expect(bytes).toBeGreaterThan(2_000_000);
  // The leaf is found with the lock held, which takes no more than the last lines.
  expect(locked).toBeLessThan(2_500_000);
});

test("calls behind the first key wait for their turn, and keep their order", async () => {
  const { file } = await largeFile();
  await using transcript = await openTranscript(file);
  const [a, b, c] = await Promise.all([
    transcript.appendMessage(hello, { idempotencyKey: "a" }),
    transcript.append({ type: "custom" }),
    transcript.appendMessage(hello, { idempotencyKey: "c" }),
  ]);
  expect(b.parentId).toBe(a.id);
  expect(c.parentId).toBe(b.id);
});

test("a call that is given up ends the reading; the next one goes on from there", async () => {
  const { file, size } = await largeFile();
  const controller = new AbortController();
  let bytes = 0;
  const fileSystem = interceptedFileSystem(async (call, run) => {
    const result = await run();
    if (call.name === "file.read") bytes += result as number;
    if (bytes > size / 2) controller.abort();
    return result;
  });
  await using transcript = await openTranscript(file, { fileSystem });
  const { signal } = controller;
  const given = transcript.appendMessage(hello, { idempotencyKey: "a", signal });
  await expect(given).rejects.toMatchObject({ code: "LEAFLOG_ABORTED" });
  await transcript.flush();
  expect((await stat(file)).size).toBe(size);
  const result = await transcript.appendMessage(hello, {
    idempotencyKey: `k${LINES - 1}`,
    onIdempotencyConflict: "stored",
  });
  expect(result).toMatchObject({ id: `e${LINES - 1}`, appended: false });
  expect(bytes).toBeLessThan(size * 1.8);
});

test("a file that cannot be read refuses keys, and nothing is written", async () => {
  const { file, size } = await largeFile();
  let broken = true;
  const fileSystem = interceptedFileSystem(async (call, run) => {
    if (broken && call.name === "file.read" && Number(call.args[3]) < size / 2) {
      throw systemError("EIO");
    }
    return run();
  });
  await using transcript = await openTranscript(file, { fileSystem, header: "optional" });
  broken = false;
  await transcript.appendMessage(hello);
  broken = true;
  const grown = (await stat(file)).size;
  const refused = transcript.appendMessage(hello, { idempotencyKey: "a" });
  await expect(refused).rejects.toMatchObject({ code: "LEAFLOG_READ_FAILED", file });
  expect((await stat(file)).size).toBe(grown);
  broken = false;
  const result = await transcript.appendMessage(hello, { idempotencyKey: "a" });
  expect(result.appended).toBe(true);
});

test("an entry that is there is synced, too, before it is acknowledged as synced", async () => {
  const file = join(await tempDirectory(), "a.jsonl");
  {
    await using transcript = await openTranscript(file);
    await transcript.appendMessage(hello, { idempotencyKey: "k" });
  }
  let syncs = 0;
  const fileSystem = interceptedFileSystem(async (call, run) => {
    if (call.name === "file.datasync") syncs += 1;
    return run();
  });
  await using transcript = await openTranscript(file, { fileSystem, durability: "synced" });
  const result = await transcript.appendMessage(hello, { idempotencyKey: "k" });
  expect(result.appended).toBe(false);
  expect(syncs).toBe(1);
});

test("an index that others crowd out while its file is read is not made anew with the lock held", async () => {
  const { file, size } = await largeFile();
  const { fileSystem, read } = countingPort(file);
  const crowding = interceptedFileSystem(async (call, run) => {
    const result = await run();
    if (call.name === "file.read") crowdOut();
    return result;
  }, fileSystem);
  // It takes more than all of them may, so that everything else goes.
  const huge = Object.defineProperty(new KeyIndex(), "bytes", { value: 1e9 });
  const crowdOut = () => {
    keyIndexOf(crowding, "/huge", huge);
    trimKeyIndexes(crowding, "/huge", huge);
  };
  await using transcript = await openTranscript(file, { fileSystem: crowding });
  const found = await transcript.appendMessage(hello, {
    idempotencyKey: "k5",
    onIdempotencyConflict: "stored",
  });
  expect(found).toMatchObject({ id: "e5", appended: false });
  trimKeyIndexes(crowding, "/huge");
  const { bytes, locked } = seen(read);
  expect(bytes).toBeLessThan(size * 1.3);
  expect(locked).toBeLessThan(300_000);
});
