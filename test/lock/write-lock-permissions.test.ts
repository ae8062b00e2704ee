import { chmod, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openTranscript } from "../../src/index.js";
import { HEADER_LINE } from "../support/lines.js";
import { tempDirectory } from "../support/temp-directory.js";

const NOBODY = 65534;

/** Runs `work` as a user whom permissions bind: root may do anything. Alone in its process. */
async function asOrdinaryUser(work: () => Promise<void>): Promise<void> {
  if (process.geteuid?.() !== 0) return work();
  process.seteuid?.(NOBODY);
  try {
    await work();
  } finally {
    process.seteuid?.(0);
  }
}

test("a read-only directory refuses at once, and the file stays as it was", async () => {
  const directory = await tempDirectory();
  const file = join(directory, "a.jsonl");
  await writeFile(file, HEADER_LINE, { mode: 0o666 });
  await chmod(directory, 0o555);
  await asOrdinaryUser(async () => {
    await using transcript = await openTranscript(file);
    await expect(transcript.append({ type: "a" })).rejects.toMatchObject({
      code: "LEAFLOG_LOCK_FAILED",
      cause: { code: "EACCES" },
    });
  });
  await chmod(directory, 0o755);
  expect(await readdir(directory)).toEqual(["a.jsonl"]);
});

test("a file that may be read but not written refuses, and one that may not be read", async () => {
  const directory = await tempDirectory();
  await chmod(directory, 0o777);
  for (const mode of [0o444, 0o222, 0o000]) {
    const file = join(directory, `${mode}.jsonl`);
    await writeFile(file, HEADER_LINE);
    await chmod(file, mode);
    await asOrdinaryUser(async () => {
      await using transcript = await openTranscript(file);
      await expect(transcript.append({ type: "a" })).rejects.toMatchObject({
        code: "LEAFLOG_WRITE_FAILED",
        cause: { code: "EACCES" },
        cutBack: true,
      });
    });
  }
});
