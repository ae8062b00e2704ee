import { copyFile, link, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  migrateTranscript,
  openTranscript,
  readTail,
  repairTranscript,
  verifyTranscript,
} from "../../src/index.js";
import { HEADER_LINE, linearLine, readChain } from "../support/lines.js";
import { tempDirectory } from "../support/temp-directory.js";

const HARD_LINKED = { code: "LEAFLOG_HARD_LINKED", names: 2 };

test("a file with two names is appended to under neither, so that no two locks stand for it", async () => {
  const directory = await tempDirectory();
  const [file, other] = [join(directory, "a.jsonl"), join(directory, "b.jsonl")];
  await using first = await openTranscript(file);
  await first.append({ type: "x" });
  await link(file, other);
  await using second = await openTranscript(other);
  const before = await readFile(file);
  const calls = Array.from({ length: 40 }, (_, n) =>
    (n % 2 ? first : second).append({ type: "x" }),
  );
  const ended = await Promise.allSettled(calls);
  for (const [n, one] of ended.entries()) {
    const named = n % 2 ? first.file : second.file;
    expect(one).toMatchObject({ status: "rejected", reason: { ...HARD_LINKED, file: named } });
  }
  expect(await readFile(file)).toEqual(before);
  // Reading needs no lock.
  expect(await readTail(other, 1)).toHaveLength(1);
  expect(await verifyTranscript(other)).toMatchObject({ ok: true });
});

test("a name that comes while the lock is held is seen at the next look", async () => {
  const directory = await tempDirectory();
  const file = join(directory, "a.jsonl");
  await using transcript = await openTranscript(file, { lock: { idleMs: 10_000 } });
  await transcript.append({ type: "x" });
  await link(file, join(directory, "b.jsonl"));
  await expect(transcript.append({ type: "x" })).rejects.toMatchObject(HARD_LINKED);
  await rm(join(directory, "b.jsonl"));
  await transcript.append({ type: "x" });
  expect(await readChain(file)).toHaveLength(2);
});

test("nor does an append migrate it, which would leave the other name behind; what the error advises helps", async () => {
  const directory = await tempDirectory();
  const [file, other] = [join(directory, "a.jsonl"), join(directory, "b.jsonl")];
  const text = HEADER_LINE + linearLine({ text: "a" });
  await writeFile(file, text);
  await link(file, other);
  await using transcript = await openTranscript(file);
  await expect(transcript.append({ type: "x" })).rejects.toMatchObject(HARD_LINKED);
  expect(await readFile(other, "utf8")).toBe(text);
  await copyFile(file, `${file}.own`);
  await rename(`${file}.own`, file);
  await transcript.append({ type: "x" });
  expect(await readChain(file)).toHaveLength(2);
  expect(await readFile(other, "utf8")).toBe(text);
});

test("nor is it migrated or repaired on request, with a backup or without", async () => {
  const directory = await tempDirectory();
  const [file, other] = [join(directory, "a.jsonl"), join(directory, "b.jsonl")];
  const text = `${HEADER_LINE + linearLine({ text: "a" })}no JSON\n`;
  await writeFile(file, text);
  await link(file, other);
  for (const rewrite of [migrateTranscript, repairTranscript]) {
    for (const backup of [true, false]) {
      await expect(rewrite(file, { backup })).rejects.toMatchObject({ ...HARD_LINKED, file });
    }
  }
  expect(await readFile(other, "utf8")).toBe(text);
  expect((await readdir(directory)).sort()).toEqual(["a.jsonl", "b.jsonl"]);
  await rm(other);
  expect(await repairTranscript(file)).toMatchObject({ changed: true });
});
