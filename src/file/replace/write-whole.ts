import type { OpenFile } from "../file-system.js";

/**
 * Writes all of `buffer` with one `write(2)`, or with a second one where the first took a part of it:
 * the disk is full, most likely, and it is the second that says so.
 *
 * @throws the operating system's error, or an `Error` when the second took a part too
 */
export async function writeWhole(file: OpenFile, buffer: Buffer): Promise<void> {
  const written = await file.write(buffer);
  if (written < buffer.length) await writeRest(file, buffer, written);
}

/**
 * Writes what a first `write(2)` left of `buffer`.
 *
 * @throws the operating system's error, or an `Error` when this one takes a part too
 */
export async function writeRest(file: OpenFile, buffer: Buffer, written: number): Promise<void> {
  const more = await file.write(buffer.subarray(written));
  if (written + more < buffer.length) throw shortWrite(written + more, buffer.length);
}

/** The error for a write that took a part and whose rest was not taken. */
export function shortWrite(written: number, length: number): Error {
  return new Error(`short write: ${written} of ${length} bytes; the disk may be full`);
}
