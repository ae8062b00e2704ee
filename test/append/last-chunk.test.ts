import * as fc from "fast-check";
import { expect, test } from "vitest";
import { LastChunk } from "../../src/scan/end/last-chunk.js";
import { MemoryFile } from "../support/memory-file.js";

const CHUNK_BYTES = 65_536;

function contentOf(bytes: number): Buffer {
  return Buffer.from(Uint8Array.from({ length: bytes }, (_, index) => index % 251));
}

async function readAt(
  file: Pick<MemoryFile, "read">,
  position: number,
  length: number,
): Promise<Buffer> {
  const buffer = Buffer.alloc(length + 2, 0xff);
  const bytes = await file.read(buffer, 1, length, position);
  expect([buffer[0], buffer[length + 1]]).toEqual([0xff, 0xff]);
  return buffer.subarray(1, 1 + bytes);
}

test("it reads what the file holds, wherever the read begins", async () => {
  const sizes = fc.oneof(fc.nat(300), fc.integer({ min: CHUNK_BYTES - 3, max: CHUNK_BYTES + 300 }));
  const reads = fc.array(fc.tuple(fc.nat(CHUNK_BYTES + 400), fc.nat(CHUNK_BYTES)), {
    maxLength: 5,
  });
  await fc.assert(
    fc.asyncProperty(sizes, fc.nat(400), reads, async (size, from, asked) => {
      const content = contentOf(size);
      const last = new LastChunk(new MemoryFile(content, 50_000), Math.min(from, size), size);
      for (const [position, length] of asked) {
        const read = await readAt(last, position, length);
        expect(read.equals(content.subarray(position, position + read.length))).toBe(true);
        const isPastEnd = position >= size || length === 0;
        expect(read.length > 0).toBe(!isPastEnd);
      }
    }),
  );
});

test("what it holds is read once", async () => {
  const file = new MemoryFile(contentOf(100_000));
  const last = new LastChunk(file, 0, 100_000);
  await last.ready();
  for (let position = 100_000 - CHUNK_BYTES; position < 100_000; position += 1000) {
    await readAt(last, position, 512);
  }
  expect(file).toMatchObject({ reads: 1, bytesRead: CHUNK_BYTES });
  await readAt(last, 0, 512);
  expect(file).toMatchObject({ reads: 2, bytesRead: CHUNK_BYTES + 512 });
});

test("a file that is shorter than it was thought to be ends where it ends", async () => {
  const last = new LastChunk(new MemoryFile(contentOf(100)), 0, 200);
  expect(await readAt(last, 90, 50)).toHaveLength(10);
  expect(await readAt(last, 100, 50)).toHaveLength(0);
});

test("a failed read fails the look", async () => {
  const file = new MemoryFile(contentOf(100));
  const failing = {
    stat: () => file.stat(),
    read: () => Promise.reject(new Error("EIO")),
  };
  const last = new LastChunk(failing, 0, 100);
  await expect(last.ready()).rejects.toThrow("EIO");
  await expect(readAt(last, 0, 10)).rejects.toThrow("EIO");
});
