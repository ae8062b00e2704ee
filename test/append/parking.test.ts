import { access } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { OpenSlot } from "../../src/append/held/open-slot.js";
import { openTranscript, type Transaction } from "../../src/index.js";
import { interceptedFileSystem, systemError } from "../support/intercepted-file-system.js";
import { readChain } from "../support/lines.js";
import { tempDirectory } from "../support/temp-directory.js";

/** Longer than a caller may take before the file gives its place up. */
const LONG_MS = 120;

/** A transaction that loses its place for good while its callback runs. */
async function crowdedOut(
  options: { timeoutMs?: number; signal?: AbortSignal },
  work: (tx: Transaction) => void,
) {
  const file = join(await tempDirectory(), "a.jsonl");
  const transcript = await openTranscript(file, { maxOpenFiles: 1 });
  await transcript.append({ type: "first" });
  const other = new OpenSlot(1);
  const running = transcript.transaction(async (tx) => {
    await sleep(LONG_MS);
    await other.take(() => true);
    work(tx);
  }, options);
  return { file, transcript, other, running };
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

test("a transaction waits for the place of its file until its deadline, and no longer", async () => {
  const world = await crowdedOut({ timeoutMs: 100 }, (tx) => tx.append({ type: "refused" }));
  const { file, transcript, other, running } = world;
  await expect(running).rejects.toMatchObject({
    code: "LEAFLOG_TIMEOUT",
    message: expect.stringContaining("maxOpenFiles"),
    file,
  });
  // The lock is not kept by who waits for nothing any more.
  expect(await isThere(`${file}.lock`)).toBe(false);
  other.free();
  await transcript.append({ type: "second" });
  await transcript.close();
  expect((await readChain(file)).map(({ type }) => type)).toEqual(["first", "second"]);
});

test("its signal ends that wait, too", async () => {
  const controller = new AbortController();
  const world = await crowdedOut({ signal: controller.signal }, (tx) => {
    tx.append({ type: "refused" });
    setTimeout(() => controller.abort(), 20);
  });
  const { transcript, other, running } = world;
  await expect(running).rejects.toMatchObject({ code: "LEAFLOG_ABORTED" });
  other.free();
  await transcript.close();
});

test("a callback that throws waits for no place", async () => {
  const failure = new Error("no");
  const world = await crowdedOut({}, () => {
    throw failure;
  });
  await expect(world.running).rejects.toBe(failure);
  world.other.free();
  expect(await world.transcript.append({ type: "second" })).toBeDefined();
  await world.transcript.close();
});

test("the time of the callback is not counted", async () => {
  const world = await crowdedOut({ timeoutMs: LONG_MS / 2 + 1000 }, (tx) => {
    tx.append({ type: "second" });
    setTimeout(() => world.other.free(), 30);
  });
  await world.running;
  await world.transcript.close();
  expect(await readChain(world.file)).toHaveLength(2);
});

test("a file that is closed with an error gives its place up all the same, and that is told", async () => {
  const directory = await tempDirectory();
  const file = join(directory, "a.jsonl");
  let failures = 0;
  const fileSystem = interceptedFileSystem(async ({ name, path }, run) => {
    const result = await run();
    if (path === file && name === "file.close" && failures-- > 0) throw systemError("EIO");
    return result;
  });
  const told: string[] = [];
  const onWarning = ({ message }: Error) => told.push(message);
  process.on("warning", onWarning);
  onTestFinished(() => {
    process.off("warning", onWarning);
  });
  const options = { fileSystem, maxOpenFiles: 1 };
  await using transcript = await openTranscript(file, options);
  await transcript.append({ type: "first" });
  await using other = await openTranscript(join(directory, "b.jsonl"), options);
  await transcript.transaction(async (tx) => {
    failures = 1;
    await sleep(LONG_MS);
    await other.append({ type: "beside it" }, { timeoutMs: 1000 });
    tx.append({ type: "second" });
  });
  expect(told).toEqual([expect.stringContaining("the file was closed with an error")]);
  expect((await readChain(file)).map(({ type }) => type)).toEqual(["first", "second"]);
});
