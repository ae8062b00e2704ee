import { open, stat } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openTranscript } from "../../src/index.js";
import { interceptedFileSystem } from "../support/intercepted-file-system.js";
import { HEADER_LINE, linkedLine } from "../support/lines.js";
import { tempDirectory } from "../support/temp-directory.js";

/** Bytes that finding the leaf, and a look at it again, may take. */
const LITTLE = 300_000;

/** About 4 MB of entries `e0`, `e1`, …: more than may be searched with the lock held. */
async function largeFile(): Promise<{ file: string; size: number }> {
  const file = join(await tempDirectory(), "a.jsonl");
  const handle = await open(file, "w");
  await handle.write(HEADER_LINE);
  for (let n = 0; n < 2000; n += 1) {
    const text = "x".repeat(2000);
    await handle.write(linkedLine(`e${n}`, n === 0 ? null : `e${n - 1}`, { text }));
  }
  await handle.close();
  return { file, size: (await stat(file)).size };
}

/** A port that counts the bytes read, in all and with the lock held. */
function countingPort(file: string, onRead?: (bytes: number) => void) {
  const read = { bytes: 0, locked: 0 };
  const fileSystem = interceptedFileSystem(async (call, run) => {
    const result = await run();
    if (call.name !== "file.read" || call.path !== file) return result;
    read.bytes += result as number;
    const isLocked = await stat(`${file}.lock`).then(
      () => true,
      () => false,
    );
    if (isLocked) read.locked += result as number;
    onRead?.(read.bytes);
    return result;
  });
  return { fileSystem, read };
}

test("all that a batch names is looked up in one pass, which is made without the lock", async () => {
  const { file, size } = await largeFile();
  const { fileSystem, read } = countingPort(file);
  await using transcript = await openTranscript(file, { fileSystem });
  const names = ["e5", "none", "e1999", ...Array.from({ length: 50 }, (_, n) => `none${n}`), "e0"];
  const results = await transcript.appendBatch(
    [...names.map((targetId) => ({ type: "leaf", targetId })), { type: "x" }],
    {},
  );
  const parents = results.map(({ parentId }) => parentId);
  expect(parents.slice(0, 4)).toEqual(["e1999", "e5", "e5", "e1999"]);
  expect(parents.slice(-2)).toEqual(["e1999", "e0"]);
  expect(read.bytes).toBeLessThan(size + 2 * LITTLE);
  expect(read.locked).toBeLessThan(LITTLE);
});

test("what a batch itself holds, and what stands at the end, is not looked for further back", async () => {
  const { file } = await largeFile();
  const { fileSystem, read } = countingPort(file);
  await using transcript = await openTranscript(file, { fileSystem });
  const [, , last] = await transcript.appendBatch([
    { type: "x", id: "own" },
    { type: "leaf", targetId: "own" },
    { type: "x" },
  ]);
  expect(last?.parentId).toBe("own");
  await transcript.append({ type: "leaf", targetId: "e1990" });
  expect((await transcript.append({ type: "x" })).parentId).toBe("e1990");
  expect(read.bytes).toBeLessThan(1_500_000);
});

test("an id that comes later in the batch, or in another call, is not there yet", async () => {
  const { file } = await largeFile();
  await using transcript = await openTranscript(file);
  const batch = transcript.appendBatch([
    { type: "leaf", targetId: "later" },
    { type: "x", id: "later" },
    { type: "leaf", targetId: "e3" },
  ]);
  const known = transcript.append({ type: "leaf", targetId: "later" });
  const behind = transcript.append({ type: "x" });
  expect((await batch).map(({ parentId }) => parentId)).toEqual(["e1999", "e1999", "later"]);
  expect((await known).parentId).toBe("e3");
  expect((await behind).parentId).toBe("later");
});

test("who gives it up ends the search, and what comes behind it does not wait for it", async () => {
  const { file, size } = await largeFile();
  const control = new AbortController();
  const { fileSystem, read } = countingPort(file, (bytes) => {
    if (bytes > size / 4) control.abort();
  });
  await using transcript = await openTranscript(file, { fileSystem });
  const { signal } = control;
  const given = transcript.append({ type: "leaf", targetId: "none" }, { signal });
  const behind = transcript.append({ type: "x" });
  await expect(given).rejects.toMatchObject({ code: "LEAFLOG_ABORTED" });
  expect((await behind).parentId).toBe("e1999");
  // The chunk that was being read is gone through.
  expect(read.bytes).toBeLessThan(size * 0.75);
  expect(read.locked).toBeLessThan(LITTLE);
});

test("a transaction looks all of them up in one pass, too", async () => {
  const { file, size } = await largeFile();
  const { fileSystem, read } = countingPort(file);
  await using transcript = await openTranscript(file, { fileSystem });
  await transcript.transaction(async (tx) => {
    for (let n = 0; n < 20; n += 1) tx.append({ type: "leaf", targetId: `none${n}` });
    tx.append({ type: "leaf", targetId: "e7" });
  });
  expect((await transcript.append({ type: "x" })).parentId).toBe("e7");
  expect(read.bytes).toBeLessThan(size + 2 * LITTLE);
});
