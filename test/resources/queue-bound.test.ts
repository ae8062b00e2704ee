import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openTranscript } from "../../src/index.js";
import { deferred } from "../support/deferred.js";
import { interceptedFileSystem } from "../support/intercepted-file-system.js";
import { HEADER_LINE, readChain } from "../support/lines.js";
import { tempDirectory } from "../support/temp-directory.js";

const MB = 1_000_000;
const ENTRIES = 100;
const QUEUE = { maxBytes: 8 * 1024 * 1024, maxBatchBytes: 2 * 1024 * 1024 };

/** A transcript on a disk on which no write ends before `disk` is resolved. */
async function slowTranscript() {
  const disk = deferred();
  const writes: number[] = [];
  const fileSystem = interceptedFileSystem(async ({ name, path, args }, run) => {
    if (name === "file.write" && path.endsWith(".jsonl")) {
      await disk.promise;
      writes.push((args[0] as Buffer).length);
    }
    return run();
  });
  const file = join(await tempDirectory(), "a.jsonl");
  await writeFile(file, HEADER_LINE);
  const transcript = await openTranscript(file, { fileSystem, queue: QUEUE });
  return { file, disk, writes, transcript };
}

test("100 MB pending go through, in writes of maxBatchBytes at most", async () => {
  const { file, disk, writes, transcript } = await slowTranscript();
  const calls = Array.from({ length: ENTRIES }, (_, n) =>
    transcript.append({ type: "a", n, text: "x".repeat(MB) }),
  );
  disk.resolve();
  await Promise.all(calls);
  await transcript.close();
  expect(Math.max(...writes)).toBeLessThanOrEqual(QUEUE.maxBatchBytes);
  expect((await readChain(file)).map(({ n }) => n)).toEqual([...Array(ENTRIES).keys()]);
});
