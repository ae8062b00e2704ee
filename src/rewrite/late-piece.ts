import type { OpenFile } from "../file/file-system.js";
import { copyRange } from "../file/replace/replacement.js";
import { readFully } from "../scan/lines/read-fully.js";

const NEWLINE = 0x0a;
const FIRST_BYTES = 65_536;
/** Longer lines are written in several pieces. */
const MAX_BYTES = 8_388_608;

/** Whole lines of a replaced file: as bytes, or where they are when they are too long to be held. */
export interface LatePiece {
  /** Byte behind the last newline. */
  readonly end: number;
  /** Absent for a line that is too long to be held. */
  readonly bytes?: Buffer;
}

/**
 * The next whole lines from `start` on, as many as one write takes; undefined when no newline
 * follows before `size`.
 *
 * @throws the error of a failed read
 */
export async function nextPiece(
  source: OpenFile,
  start: number,
  size: number,
): Promise<LatePiece | undefined> {
  for (let wanted = FIRST_BYTES; ; wanted *= 4) {
    const bytes = Buffer.allocUnsafe(Math.min(wanted, size - start));
    const read = await readFully(source, bytes, 0, bytes.length, start);
    const newline = bytes.subarray(0, read).lastIndexOf(NEWLINE);
    if (newline !== -1) {
      return { end: start + newline + 1, bytes: bytes.subarray(0, newline + 1) };
    }
    if (read < wanted) return undefined;
    if (wanted >= MAX_BYTES) return longPiece(source, start + read, size);
  }
}

/** Seeks the newline of a line that is too long to be held, from `position` on. */
async function longPiece(
  source: OpenFile,
  position: number,
  size: number,
): Promise<LatePiece | undefined> {
  let end: number | undefined;
  let passed = position;
  await copyRange(source, { start: position, end: size }, async (bytes) => {
    const newline = end === undefined ? bytes.indexOf(NEWLINE) : -1;
    if (newline !== -1) end = passed + newline + 1;
    passed += bytes.length;
  });
  return end === undefined ? undefined : { end };
}
