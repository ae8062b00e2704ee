import type { FileToRead } from "../file/file-system.js";
import { scanForward } from "./lines/scan-forward.js";
import type { ScannedLine } from "./lines/scanned-line.js";

/** A header is short as a rule; the reads grow when it is not. */
const CHUNK_BYTES = 4096;

/** The first line that is not blank; the second where the first is a note. */
export type FoundHeader =
  /** There is none. */
  | { readonly state: "empty" }
  /** The transcript's format has no header; `findHeader` does not know such. */
  | { readonly state: "none" }
  /** An object of type `session` with a string `id` that is not empty. */
  | {
      readonly state: "header";
      readonly id: string;
      /** Undefined where it is absent or no number, as in files of version 1. */
      readonly version: number | undefined;
      /** Bytes from the start of the file. */
      readonly offset: number;
      /** Bytes, without the newline. */
      readonly length: number;
      /** Whether a newline ends it. */
      readonly terminated: boolean;
    }
  /** Anything else. */
  | { readonly state: "damaged"; readonly offset: number; readonly length: number };

export interface FindHeaderOptions {
  /** Size of the first read in bytes, default 4,096. */
  readonly chunkBytes?: number;
  /** See `ScanOptions`. */
  readonly maxChunkBytes?: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Looks for the header in the first `size` bytes of a file, and reads no further than the chunk in
 * which the line ends that may be one.
 *
 * @throws the error of a failed read, or the signal's reason.
 */
export async function findHeader(
  file: FileToRead,
  size: number,
  options: FindHeaderOptions = {},
): Promise<FoundHeader> {
  let found: FoundHeader = { state: "empty" };
  let noted = false;
  await scanForward(file, { chunkBytes: CHUNK_BYTES, ...options, to: size }, (line) => {
    const { kind, note } = line.facts();
    if (kind === "blank") return;
    if (note && !noted) {
      noted = true;
      return;
    }
    found = headerIn(line);
    return false;
  });
  return found;
}

function headerIn(line: ScannedLine): FoundHeader {
  const { offset, length, terminated } = line;
  const { kind, id, version } = line.facts();
  if (kind !== "header" || !id) return { state: "damaged", offset, length };
  return { state: "header", id, version, offset, length, terminated };
}
