import type { FileToRead } from "../file/file-system.js";
import { readFully } from "../scan/lines/read-fully.js";

const NEWLINE = 0x0a;
const CHUNK_BYTES = 65_536;

/** The offset itself where a line starts there, else the start of the next line, or `size`. */
export async function lineStartAt(
  file: FileToRead,
  offset: number,
  size: number,
  signal?: AbortSignal,
): Promise<number> {
  if (offset <= 0) return 0;
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  for (let position = offset - 1, wanted = 1; position < size; wanted = CHUNK_BYTES) {
    signal?.throwIfAborted();
    const read = await readFully(file, buffer, 0, Math.min(wanted, size - position), position);
    const newline = buffer.subarray(0, read).indexOf(NEWLINE);
    if (newline !== -1) return position + newline + 1;
    if (read === 0) break;
    position += read;
  }
  return size;
}

/**
 * The offset itself where a line ends there, with its newline or before it, or the file does; else
 * the start of the line that it lies in.
 */
export async function lineEndAt(
  file: FileToRead,
  offset: number,
  size: number,
  signal?: AbortSignal,
): Promise<number> {
  if (offset >= size) return size;
  const next = Buffer.alloc(1);
  await readFully(file, next, 0, 1, offset);
  return next[0] === NEWLINE ? offset : lastLineEnd(file, offset, 0, signal);
}

/** The byte behind the last newline between `from` and `size`; `from` where there is none. */
export async function lastLineEnd(
  file: FileToRead,
  size: number,
  from = 0,
  signal?: AbortSignal,
): Promise<number> {
  const buffer = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, Math.max(1, size - from)));
  for (let end = size; end > from; ) {
    signal?.throwIfAborted();
    const start = Math.max(from, end - buffer.length);
    const read = await readFully(file, buffer, 0, end - start, start);
    if (read < end - start)
      throw new Error(`the file shrank while it was read, to ${start + read}`);
    const newline = buffer.subarray(0, read).lastIndexOf(NEWLINE);
    if (newline !== -1) return start + newline + 1;
    end = start;
  }
  return from;
}
