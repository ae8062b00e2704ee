import type { OpenFile } from "./file-system.js";

/** Bytes compared at a time. */
const CHUNK_BYTES = 64 * 1024;

/**
 * Removes what a failed write left behind. Only our own bytes go: everything from `start` to the
 * end of the file has to be a prefix of what we tried to write.
 *
 * @returns whether the file ends at `start` again
 */
export async function cutBack(file: OpenFile, start: number, tried: Buffer): Promise<boolean> {
  try {
    const { size } = await file.stat();
    if (size === start) return true;
    if (size < start || !(await isPrefix(file, start, size, tried))) return false;
    await file.truncate(start);
    return true;
  } catch {
    // The caller is rejected with the write's own error and told that the bytes stayed.
    return false;
  }
}

/** Whether what the file holds from `start` up to `size` is how `tried` begins. */
export async function isPrefix(
  file: OpenFile,
  start: number,
  size: number,
  tried: Buffer,
): Promise<boolean> {
  if (size - start > tried.length) return false;
  const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, size - start));
  for (let position = start; position < size; ) {
    const read = await file.read(chunk, 0, Math.min(chunk.length, size - position), position);
    const from = position - start;
    if (read === 0 || tried.compare(chunk, 0, read, from, from + read) !== 0) return false;
    position += read;
  }
  return true;
}
