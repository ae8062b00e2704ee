import type { TranscriptFormat } from "../../entry/transcript-format.js";
import type { FileToRead } from "../../file/file-system.js";
import { Pace } from "../lines/pace.js";
import { readFully } from "../lines/read-fully.js";
import type { ScanOptions } from "../lines/scanned-line.js";
import { LineDissection, MIN_PUSH } from "./line-dissection.js";
import type { LinePart } from "./line-part.js";

/** Under a millisecond of tokenizing; a slice is made of a few. */
const CHUNK_BYTES = 32_768;

/** Takes a malformed line apart that is at hand; for lines short enough to be one slice of work. */
export function dissectHeld(
  bytes: Buffer,
  emit: (part: LinePart) => void,
  format?: TranscriptFormat,
): void {
  const dissection = new LineDissection(bytes.length, emit, format);
  while (!dissection.done) dissection.push(bytes, dissection.wanted, bytes.length);
}

/**
 * Takes a malformed line of any length apart, reading it chunk by chunk.
 *
 * @throws the error of a failed read, the signal's reason, or an `Error` when the file is shorter
 */
export async function dissectLine(
  file: FileToRead,
  line: { readonly offset: number; readonly length: number },
  emit: (part: LinePart) => void,
  { format, signal }: Pick<ScanOptions, "format" | "signal"> = {},
): Promise<void> {
  const dissection = new LineDissection(line.length, emit, format);
  const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, line.length));
  const pace = new Pace();
  /** Offsets in the line of what is held. */
  let from = 0;
  let to = 0;
  while (!dissection.done) {
    const at = dissection.wanted;
    const enough = to === line.length || to - at >= MIN_PUSH;
    if (at < from || at >= to || !enough) {
      signal?.throwIfAborted();
      const wanted = Math.min(chunk.length, line.length - at);
      const read = await readFully(file, chunk, 0, wanted, line.offset + at);
      if (read < wanted) throw new Error(`the file ends within the line at ${line.offset}`);
      from = at;
      to = at + wanted;
    }
    dissection.push(chunk, at - from, to - from);
    await pace.pause();
  }
}
