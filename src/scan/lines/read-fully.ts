import type { FileToRead } from "../../file/file-system.js";

/**
 * Fills `buffer` from `start` to `end` with what the file holds at `position`, however many reads
 * that takes. Resolves to the number of bytes read, short only where the file ends.
 */
export async function readFully(
  file: FileToRead,
  buffer: Buffer,
  start: number,
  end: number,
  position: number,
): Promise<number> {
  let read = 0;
  while (start + read < end) {
    const bytes = await file.read(buffer, start + read, end - start - read, position + read);
    if (bytes === 0) break;
    read += bytes;
  }
  return read;
}
