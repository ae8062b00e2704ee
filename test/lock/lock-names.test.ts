import { readdirSync, unlinkSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { openTranscript } from "../../src/index.js";
import { lockNames } from "../../src/lock/file/lock-names.js";
import { readChain } from "../support/lines.js";
import { LockScene, makeLock } from "./children/lock-harness.js";

vi.setConfig({ maxConcurrency: 20 });

function nameOf(bytes: number): string {
  return `${"n".repeat(bytes - ".jsonl".length)}.jsonl`;
}

test("the lock is <file>.lock as long as that can be a name, and no name is too long", () => {
  for (let bytes = 10; bytes <= 255; bytes += 1) {
    const file = join("/transcripts", nameOf(bytes));
    const names = Object.values(lockNames(file)) as string[];
    expect(new Set(names).size).toBe(3);
    for (const name of names) expect(Buffer.byteLength(basename(name))).toBeLessThanOrEqual(255);
    if (bytes <= 250) expect(names[0]).toBe(`${file}.lock`);
  }
  const wide = join("/transcripts", "ä".repeat(124));
  expect(Buffer.byteLength(basename(lockNames(wide).guard))).toBeLessThanOrEqual(255);
});

test("files of one directory share no names, however long theirs are", () => {
  const files = ["a", "b"].map((letter) => join("/d", `${letter}${nameOf(250)}`));
  const names = files.flatMap((file) => Object.values(lockNames(file)) as string[]);
  expect(new Set(names).size).toBe(6);
});

describe.concurrent("a stale lock of a file with a long name", () => {
  for (const bytes of [240, 245, 247, 250, 251, 255]) {
    test(`${bytes} bytes: is taken over, and nothing is left`, async ({ expect }) => {
      await using scene = new LockScene();
      const file = join(scene.directory, nameOf(bytes));
      const lock = { staleMs: 2000, timeoutMs: 20_000 };
      makeLock(lockNames(file).lock, 3_600_000);
      await using transcript = await openTranscript(file, { lock });
      await transcript.append({ type: "a" });
      await new Promise((resolve) => setTimeout(resolve, 100));
      await transcript.append({ type: "b" });
      await transcript.close();
      expect(await readChain(file)).toHaveLength(2);
      unlinkSync(file);
      expect(readdirSync(scene.directory)).toEqual([]);
    });
  }
});
