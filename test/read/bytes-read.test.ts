import { open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openTranscript, type Transcript } from "../../src/index.js";
import { HEADER_LINE, linkedLine } from "../support/lines.js";
import { collect } from "../support/read/entries-model.js";
import { ReadPort } from "../support/read/read-port.js";
import { tempDirectory } from "../support/temp-directory.js";

const HOLE_BYTES = 700 * 1024 * 1024;
const COUNT = 120;

/** A header, a hole, and entries of some 1 KB at the end. */
async function bigFile(directory: string, hole = HOLE_BYTES): Promise<string> {
  const file = join(directory, "big.jsonl");
  await writeFile(file, HEADER_LINE);
  const handle = await open(file, "r+");
  const lines = Array.from({ length: COUNT }, (_, at) =>
    linkedLine(`e${at}`, at === 0 ? null : `e${at - 1}`, { text: "é".repeat(500) }),
  );
  await handle.write(`\n${lines.join("")}`, hole);
  await handle.close();
  return file;
}

it("the end of a file of any size costs what is at its end", async () => {
  const file = await bigFile(await tempDirectory());
  const port = new ReadPort();
  const transcript = await openTranscript(file, { fileSystem: port.fileSystem });
  const costs: [string, (transcript: Transcript) => Promise<unknown>][] = [
    ["tail", async () => (await transcript.tail(100)).length],
    [
      "page",
      async () => (await transcript.page({ direction: "backward", limit: 100 })).entries.length,
    ],
    // The hole is before the last of them, and nothing is looked for in it.
    [
      "whole page",
      async () => (await transcript.page({ direction: "backward", limit: COUNT })).hasMore,
    ],
    ["branch", async () => (await collect(transcript.branch())).length],
    ["entry", async () => (await transcript.entry("e20"))?.entry?.id],
    [
      "snapshot",
      async () => {
        const { size, stream } = await transcript.snapshot();
        stream.destroy();
        return size > HOLE_BYTES;
      },
    ],
  ];
  const expected = [100, 100, true, COUNT, "e20", true];
  for (const [index, [name, read]] of costs.entries()) {
    port.bytesRead = 0;
    expect(await read(transcript), name).toBe(expected[index]);
    expect(port.bytesRead, name).toBeLessThan(2_000_000);
  }
  const { after } = await transcript.page({ direction: "backward", limit: 1 });
  port.bytesRead = 0;
  await transcript.append({ type: "later", id: "z" });
  expect(port.bytesRead).toBeLessThan(2_000_000);
  const signal = AbortSignal.timeout(20_000);
  for await (const { entry } of transcript.follow({ cursor: after, signal })) {
    expect(entry?.id).toBe("z");
    break;
  }
  expect(port.bytesRead).toBeLessThan(2_000_000);
  expect(port.openFiles).toBeLessThanOrEqual(1);
  await transcript.close();
});

it("one reading holds no more than a few MiB at once, whatever the file", async () => {
  const file = await bigFile(await tempDirectory(), HOLE_BYTES / 4);
  const transcript = await openTranscript(file);
  global.gc?.();
  const before = process.memoryUsage();
  let most = 0;
  const watch = setInterval(() => {
    const now = process.memoryUsage();
    most = Math.max(most, now.arrayBuffers - before.arrayBuffers);
  }, 5);
  let count = 0;
  for await (const _ of transcript.entries()) count += 1;
  clearInterval(watch);
  expect(count).toBe(COUNT);
  expect(most).toBeLessThan(16 * 1024 * 1024);
});
