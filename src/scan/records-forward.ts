import type { FileToRead } from "../file/file-system.js";
import type { LineFacts } from "./lines/line-facts.js";
import { scanForward } from "./lines/scan-forward.js";
import type { LineVisitor, ScanOptions } from "./lines/scanned-line.js";
import { dissectHeld, dissectLine } from "./records/dissect-line.js";
import type { LinePart } from "./records/line-part.js";

/** Malformed lines up to this are taken apart while the scan holds them. */
const HELD_BYTES = 32_768;

/**
 * A forward scan that tells, behind a malformed line, of the whole records in it, first to last:
 * they count for the chain of a transcript. Bounds and errors are those of `scanForward`.
 */
export async function scanRecordsForward(
  file: FileToRead,
  options: ScanOptions & { readonly to: number },
  visit: LineVisitor,
  onRecord: (facts: LineFacts) => void,
): Promise<void> {
  const { from: begin = 0, to, format, onProgress, signal } = options;
  const see = (part: LinePart): void => {
    if (part.kind === "record") onRecord(part.facts);
  };
  for (let from = begin; from < to; ) {
    const before = from - begin;
    let long: { readonly offset: number; readonly length: number } | undefined;
    const how = {
      ...options,
      from,
      ...(onProgress && { onProgress: (done: number) => onProgress(before + done) }),
    };
    await scanForward(file, how, (line) => {
      if (visit(line) === false) return false;
      if (line.facts().kind !== "malformed") return undefined;
      const { offset, length, bytes } = line;
      if (bytes === undefined || length > HELD_BYTES) {
        long = { offset, length };
        return false;
      }
      dissectHeld(bytes, see, format);
      return undefined;
    });
    if (long === undefined) return;
    await dissectLine(file, long, see, options);
    // Its newline, where it has one.
    from = long.offset + long.length + 1;
    signal?.throwIfAborted();
  }
}
