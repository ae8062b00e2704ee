import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { OpenSlot } from "../../src/append/held/open-slot.js";
import { openTranscript } from "../../src/index.js";
import { interceptedFileSystem } from "../support/intercepted-file-system.js";
import { readChain } from "../support/lines.js";
import { tempDirectory } from "../support/temp-directory.js";

const wanted = () => true;

test("no more transcripts are open at once than maxOpenFiles says", async () => {
  const directory = await tempDirectory();
  const open = new Set<string>();
  let most = 0;
  const fileSystem = interceptedFileSystem(async ({ name, path }, run) => {
    const result = await run();
    if (name === "open" && path.endsWith(".jsonl")) open.add(path);
    if (name === "file.close") open.delete(path);
    most = Math.max(most, open.size);
    return result;
  });
  const transcripts = await Promise.all(
    Array.from({ length: 60 }, (_, n) =>
      openTranscript(join(directory, `${n}.jsonl`), { fileSystem, maxOpenFiles: 4 }),
    ),
  );
  await Promise.all(transcripts.map((transcript) => transcript.append({ type: "a" })));
  expect(most).toBe(4);
  await Promise.all(transcripts.map((transcript) => transcript.close()));
  expect(open.size).toBe(0);
});

test("transcripts whose lock is stuck keep no others out", async () => {
  const directory = await tempDirectory();
  const options = { maxOpenFiles: 2 };
  const names = Array.from({ length: 5 }, (_, n) => join(directory, `stuck-${n}.jsonl`));
  await Promise.all(names.map((name) => mkdir(`${name}.lock`)));
  const stuck = await Promise.all(names.map((name) => openTranscript(name, options)));
  const waiting = stuck.map((transcript) => transcript.append({ type: "late" }));
  await using free = await openTranscript(join(directory, "free.jsonl"), options);
  for (let n = 0; n < 10; n += 1) await free.append({ type: "a" });
  expect(await readChain(free.file)).toHaveLength(10);
  await Promise.all(names.map((name) => rm(`${name}.lock`, { recursive: true })));
  await Promise.all(waiting);
  await Promise.all(stuck.map((transcript) => transcript.close()));
});

test("who waits in vain for a slot is not told of another writer's lock", async () => {
  const directory = await tempDirectory();
  const held = new OpenSlot(1);
  await held.take(wanted);
  await using late = await openTranscript(join(directory, "late.jsonl"), { maxOpenFiles: 1 });
  await expect(late.append({ type: "a" }, { timeoutMs: 50 })).rejects.toMatchObject({
    code: "LEAFLOG_TIMEOUT",
    message: expect.stringContaining("maxOpenFiles"),
  });
  held.free();
  expect(await late.append({ type: "b" })).toMatchObject({ parentId: null });
});

test("slots go to who waits longest, and may be taken and freed twice", async () => {
  const order: number[] = [];
  const first = new OpenSlot(1);
  await first.take(wanted);
  await first.take(wanted);
  const others = [1, 2, 3].map((n) => {
    const slot = new OpenSlot(1);
    const taken = slot.take(wanted).then(() => order.push(n));
    return { slot, taken };
  });
  first.free();
  first.free();
  for (const { slot, taken } of others) {
    await taken;
    slot.free();
  }
  expect(order).toEqual([1, 2, 3]);
});

test("who is wanted no longer leaves the line, and those behind it move up", async () => {
  const first = new OpenSlot(1);
  await first.take(wanted);
  let isWanted = true;
  const leaving = new OpenSlot(1);
  const left = leaving.take(() => isWanted);
  const next = new OpenSlot(1);
  const taken = next.take(wanted);
  isWanted = false;
  expect(await left).toBe(false);
  leaving.free();
  first.free();
  expect(await taken).toBe(true);
  next.free();
});

test("callbacks that never come back keep no other transcript out", async () => {
  const directory = await tempDirectory();
  const options = { maxOpenFiles: 2 };
  const ends: (() => void)[] = [];
  const stuck = await Promise.all(
    [0, 1].map((n) => openTranscript(join(directory, `stuck-${n}.jsonl`), options)),
  );
  const transactions = stuck.map((transcript) =>
    transcript.transaction(async (tx) => {
      await new Promise<void>((resolve) => ends.push(resolve));
      // What it needs of the file is there still, though the file was closed meanwhile.
      tx.append({ type: "late" });
      return tx.appendOnce({ type: "once" }, { idempotencyKey: "k" });
    }),
  );
  await using free = await openTranscript(join(directory, "free.jsonl"), options);
  for (let n = 0; n < 5; n += 1) await free.append({ type: "a" });
  expect(ends).toHaveLength(2);
  for (const end of ends) end();
  expect(await Promise.all(transactions)).toMatchObject([{ appended: true }, { appended: true }]);
  for (const transcript of stuck) {
    expect(await readChain(transcript.file)).toHaveLength(2);
    await transcript.close();
  }
});

test("a handle whose turn never came closes while another transcript has the only place", async () => {
  const directory = await tempDirectory();
  const options = { maxOpenFiles: 1 };
  const held = new OpenSlot(1);
  await held.take(wanted);
  const late = await openTranscript(join(directory, "late.jsonl"), options);
  await expect(late.append({ type: "a" }, { timeoutMs: 50 })).rejects.toMatchObject({
    code: "LEAFLOG_TIMEOUT",
  });
  await late.close();
  held.free();
});
