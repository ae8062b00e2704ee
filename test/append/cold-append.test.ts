import { open } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openTranscript } from "../../src/index.js";
import { interceptedFileSystem } from "../support/intercepted-file-system.js";
import { HEADER_LINE, linkedLine } from "../support/lines.js";
import { tempDirectory } from "../support/temp-directory.js";

/** A linked transcript of that size: sparse in the middle, real lines at both ends. */
async function transcriptOf(bytes: number): Promise<string> {
  const file = join(await tempDirectory(), "a.jsonl");
  const handle = await open(file, "w");
  await handle.write(HEADER_LINE + linkedLine("first", null));
  const lines = Array.from({ length: 200 }, (_, n) =>
    linkedLine(`n${n}`, n === 0 ? "first" : `n${n - 1}`, { text: "x".repeat(1000) }),
  );
  await handle.write(`\n${lines.join("")}`, bytes);
  await handle.close();
  return file;
}

async function bytesReadByColdAppend(file: string): Promise<number> {
  let bytes = 0;
  const fileSystem = interceptedFileSystem(async ({ name, path }, run) => {
    const result = await run();
    if (name === "file.read" && path === file) bytes += result as number;
    return result;
  });
  await using transcript = await openTranscript(file, { fileSystem });
  expect(await transcript.append({ type: "new" })).toMatchObject({ parentId: "n199" });
  return bytes;
}

test("a cold append reads the same few bytes of 1 MB and of 600 MB", async () => {
  const small = await bytesReadByColdAppend(await transcriptOf(1024 * 1024));
  const large = await bytesReadByColdAppend(await transcriptOf(600 * 1024 * 1024));
  expect(large).toBe(small);
  expect(large).toBeLessThanOrEqual(256 * 1024);
});

test("the next append after a pause reads only what is needed to know the last line again", async () => {
  const file = await transcriptOf(1024 * 1024);
  let bytes = 0;
  const fileSystem = interceptedFileSystem(async ({ name, path }, run) => {
    const result = await run();
    if (name === "file.read" && path === file) bytes += result as number;
    return result;
  });
  await using transcript = await openTranscript(file, { fileSystem });
  await transcript.append({ type: "new" });
  bytes = 0;
  await new Promise((resolve) => setTimeout(resolve, 50));
  await transcript.append({ type: "new" });
  expect(bytes).toBeLessThanOrEqual(512);
});
