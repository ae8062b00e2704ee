import { cutBack, isPrefix } from "../../file/cut-back.js";
import type { OpenFile } from "../../file/file-system.js";
import { shortWrite, writeRest } from "../../file/replace/write-whole.js";

/** A group commit of which a first write took a part. */
export interface ShortWrite {
  readonly bytes: Buffer;
  /** Where the group begins in the file. */
  readonly start: number;
  /** How many bytes were taken. */
  readonly written: number;
  /** Whether the lock is still ours, for what comes now is another write. */
  readonly stillOwner: () => Promise<boolean>;
}

/**
 * Tries the rest of a group once, so that the system says why it took a part only. Where it takes
 * the rest, and nobody wrote in between, the group stands in the file as if written at once.
 *
 * @throws the operating system's error, or an `Error` when the group does not stand as a whole
 */
export async function appendRest(file: OpenFile, short: ShortWrite): Promise<void> {
  const { bytes, start, written, stillOwner } = short;
  const { length } = bytes;
  const isLast = (await file.stat()).size === start + written;
  // A rest behind what another program wrote would be no line of its own.
  if (!isLast || !(await stillOwner())) throw shortWrite(written, length);
  await writeRest(file, bytes, written);
  const { size } = await file.stat();
  const rest = bytes.subarray(written);
  // Another program may have written behind the whole as well as into its midst.
  if (size === start + length || (await standsAt(file, start + written, size, rest))) return;
  await cutBack(file, size - rest.length, rest);
  throw new Error(
    `short write: ${written} of ${length} bytes, and another program wrote behind them before the rest`,
  );
}

async function standsAt(
  file: OpenFile,
  offset: number,
  size: number,
  bytes: Buffer,
): Promise<boolean> {
  const end = offset + bytes.length;
  return end <= size && isPrefix(file, offset, end, bytes);
}
