import { appendFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openTranscript, type Transaction } from "../../src/index.js";
import { interceptedFileSystem } from "../support/intercepted-file-system.js";
import { HEADER_LINE, linkedLine, readChain } from "../support/lines.js";
import { tempDirectory } from "../support/temp-directory.js";

const tempFile = async () => join(await tempDirectory(), "a.jsonl");
const entry = { type: "custom", x: 1 };

test("a transaction stages an entry once, whether the other stands in the file or is staged", async () => {
  await using transcript = await openTranscript(await tempFile());
  const { id } = await transcript.append(entry, { idempotencyKey: "stored" });
  const results = await transcript.transaction(async (tx) => {
    const stored = await tx.appendOnce(entry, { idempotencyKey: "stored" });
    const both = await Promise.all([
      tx.appendOnce(entry, { idempotencyKey: "new" }),
      tx.appendOnce(entry, { idempotencyKey: "new" }),
    ]);
    tx.append({ type: "plain" });
    return [stored, ...both];
  });
  expect(results).toMatchObject([
    { id, appended: false, entry: { id, x: 1 } },
    { appended: true },
    { id: results[1]?.id, appended: false, entry: { x: 1 } },
  ]);
  expect(await readChain(transcript.file)).toMatchObject([
    { idempotencyKey: "stored" },
    { id: results[1]?.id, idempotencyKey: "new", batch: { index: 0, size: 2 } },
    { type: "plain" },
  ]);
  const again = await transcript.append(entry, { idempotencyKey: "new" });
  expect(again).toMatchObject({ id: results[1]?.id, appended: false });
});

test("another body is a conflict, which the transaction may survive", async () => {
  await using transcript = await openTranscript(await tempFile());
  await transcript.append(entry, { idempotencyKey: "stored" });
  const conflict = { code: "LEAFLOG_IDEMPOTENCY_CONFLICT", file: transcript.file };
  await transcript.transaction(async (tx) => {
    await tx.appendOnce({ type: "custom", x: 2 }, { idempotencyKey: "new" });
    for (const idempotencyKey of ["stored", "new"]) {
      const other = tx.appendOnce({ type: "custom", x: 3 }, { idempotencyKey });
      await expect(other).rejects.toMatchObject({ ...conflict, idempotencyKey });
      const content = { idempotencyKey, onIdempotencyConflict: "stored" } as const;
      expect(await tx.appendOnce({ type: "other" }, content)).toMatchObject({ appended: false });
    }
    const bad = tx.appendOnce(entry, { idempotencyKey: "" });
    await expect(bad).rejects.toMatchObject({ code: "LEAFLOG_INVALID_ARGUMENT" });
  });
  expect(await readChain(transcript.file)).toHaveLength(2);
});

test("a failed transaction leaves its keys free, an ended one takes no more", async () => {
  const file = await tempFile();
  await using transcript = await openTranscript(file);
  let kept: Transaction | undefined;
  const failing = transcript.transaction(async (tx) => {
    kept = tx;
    await tx.appendOnce(entry, { idempotencyKey: "k" });
    throw new RangeError("mine");
  });
  await expect(failing).rejects.toThrow(new RangeError("mine"));
  const late = (kept as Transaction).appendOnce(entry, { idempotencyKey: "k" });
  await expect(late).rejects.toMatchObject({ code: "LEAFLOG_CLOSED" });
  expect(await transcript.append(entry, { idempotencyKey: "k" })).toMatchObject({ appended: true });
});

test("a large transcript is read before the lock is taken when that is asked for", async () => {
  const file = await tempFile();
  const message = { text: "x".repeat(4_000_000), idempotencyKey: "k" };
  await appendFile(file, HEADER_LINE + linkedLine("a", null, { message }) + linkedLine("b", "a"));
  let locked = 0;
  const fileSystem = interceptedFileSystem(async (call, run) => {
    const bytes = await run();
    if (call.name !== "file.read") return bytes;
    const isLocked = await stat(`${file}.lock`).then(
      () => true,
      () => false,
    );
    if (isLocked) locked += bytes as number;
    return bytes;
  });
  await using transcript = await openTranscript(file, { fileSystem });
  const run = (tx: Transaction) => tx.appendOnce(entry, { idempotencyKey: "new" });
  expect(await transcript.transaction(run, { keyed: true })).toMatchObject({ appended: true });
  expect(locked).toBeLessThan(1_000_000);
});
