import { createHash } from "node:crypto";
import { once } from "node:events";
import { appendFile, readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openTranscript } from "../../src/index.js";
import { readSnapshot } from "../../src/read/read-snapshot.js";
import { HEADER_LINE, linkedLine } from "../support/lines.js";
import { MemorySource } from "../support/read/memory-source.js";
import { anyTranscript } from "../support/read/random-transcript.js";
import { ReadPort } from "../support/read/read-port.js";
import { tempDirectory } from "../support/temp-directory.js";

async function fileOf(content: string) {
  const file = join(await tempDirectory(), "t.jsonl");
  await writeFile(file, content);
  const port = new ReadPort();
  return { file, port, transcript: await openTranscript(file, { fileSystem: port.fileSystem }) };
}

const LINES = Array.from({ length: 3000 }, (_, at) =>
  linkedLine(`e${at}`, null, { text: "x".repeat(500) }),
).join("");

describe("snapshot", () => {
  it("is every whole line, in as many bytes as it says", async () => {
    await fc.assert(
      fc.asyncProperty(anyTranscript, fc.integer({ min: 1, max: 90 }), async (content, maxRead) => {
        const source = new MemorySource(content, maxRead);
        const { size, stream } = await readSnapshot(source);
        const bytes = await buffer(stream);
        expect(bytes.length).toBe(size);
        expect(bytes.equals(content.subarray(0, content.lastIndexOf("\n") + 1))).toBe(true);
        expect(source.isClosed).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it("does not change while the file grows, and holds no file when it is read", async () => {
    const { file, port, transcript } = await fileOf(HEADER_LINE + LINES);
    const { size, stream } = await transcript.snapshot();
    const before = await readFile(file);
    const hash = createHash("sha256");
    let bytes = 0;
    for await (const chunk of stream) {
      bytes += chunk.length;
      hash.update(chunk);
      await appendFile(file, linkedLine("later", null));
    }
    expect(bytes).toBe(size);
    expect(size).toBe(before.length);
    expect(hash.digest("hex")).toBe(createHash("sha256").update(before).digest("hex"));
    expect(port).toMatchObject({ openFiles: 0, forbidden: [] });
  });

  it("errors when the file shrinks", async () => {
    const { file, port, transcript } = await fileOf(HEADER_LINE + LINES);
    const { stream } = await transcript.snapshot();
    await truncate(file, 300_000);
    const reading = buffer(stream);
    await expect(reading).rejects.toMatchObject({ code: "LEAFLOG_READ_FAILED" });
    expect(port.openFiles).toBe(0);
  });

  it("ends with the signal, and when it is destroyed, before and in the midst", async () => {
    const { port, transcript } = await fileOf(HEADER_LINE + LINES);
    const controller = new AbortController();
    const { signal } = controller;
    const { stream } = await transcript.snapshot({ signal });
    const unread = await transcript.snapshot();
    const half = await transcript.snapshot();
    await once(half.stream, "readable");
    unread.stream.destroy();
    half.stream.destroy();
    await Promise.all([once(unread.stream, "close"), once(half.stream, "close")]);
    expect(port.openFiles).toBe(1);
    const reading = buffer(stream);
    controller.abort();
    await expect(reading).rejects.toMatchObject({ code: "LEAFLOG_ABORTED" });
    await expect(transcript.snapshot({ signal })).rejects.toMatchObject({
      code: "LEAFLOG_ABORTED",
    });
    expect(port.openFiles).toBe(0);
  });

  it("of no file is empty", async () => {
    const transcript = await openTranscript(join(await tempDirectory(), "none.jsonl"));
    const { size, stream } = await transcript.snapshot();
    expect(size).toBe(0);
    expect((await buffer(stream)).length).toBe(0);
  });
});
