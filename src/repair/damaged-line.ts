import type { OpenFile } from "../file/file-system.js";
import type { Extent } from "../read/verify/verify-report.js";
import { readFully } from "../scan/lines/read-fully.js";
import type { MoveReason } from "./repair-report.js";

/** Bytes of damage in one line; a multiple of 3, for base64. */
const CHUNK_BYTES = 49_152;

/** Bytes of the transcript that cannot stay. */
export interface MovedBytes extends Extent {
  readonly reason: MoveReason;
}

/** The lines of the damaged file for some bytes of the transcript, each with its newline. */
export async function* damagedLines(source: OpenFile, moved: MovedBytes): AsyncGenerator<string> {
  const { offset, length, reason } = moved;
  const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, length));
  // Zeros by the gigabyte are what a power loss leaves: a run of them is one line.
  let zeros = 0;
  const zerosBefore = (at: number): string =>
    line({ offset: offset + at - zeros, length: zeros, reason, byte: 0 });
  for (let at = 0; at < length; at += CHUNK_BYTES) {
    const wanted = Math.min(CHUNK_BYTES, length - at);
    const read = await readFully(source, chunk, 0, wanted, offset + at);
    if (read < wanted) throw new Error(`the file ends before ${offset + length}`);
    const bytes = chunk.subarray(0, read);
    if (isZero(bytes)) {
      zeros += read;
      continue;
    }
    if (zeros > 0) yield zerosBefore(at);
    zeros = 0;
    yield line({ offset: offset + at, length: read, reason, base64: bytes.toString("base64") });
  }
  if (zeros > 0) yield zerosBefore(length);
}

function line(damage: MovedBytes & { base64?: string; byte?: number }): string {
  return `${JSON.stringify(damage)}\n`;
}

function isZero(bytes: Buffer): boolean {
  // All are equal when they equal themselves shifted by one.
  return bytes[0] === 0 && bytes.compare(bytes, 1, bytes.length, 0, bytes.length - 1) === 0;
}
