import type { FileToRead } from "../../file/file-system.js";
import { Pace } from "../lines/pace.js";
import { readFully } from "../lines/read-fully.js";
import type { ScanOptions } from "../lines/scanned-line.js";
import { RecordJoiner } from "./record-joiner.js";

/** Well under a slice of work. */
const PIECE_BYTES = 16_384;
const FIRST_READ_BYTES = 4096;
const READ_BYTES = 65_536;

/** The first bytes of a line that may begin a record, or have to do with a list. */
const OPENERS: Buffer = Buffer.from("{[],");
const BOM: Buffer = Buffer.from([0xef, 0xbb, 0xbf]);

/** Whether a line may be, or begin, what {@link RecordJoiner} takes; a BOM counts in the first. */
export function mayBeJoined(bytes: Buffer, offset: number): boolean {
  let at = offset === 0 && bytes.indexOf(BOM) === 0 ? BOM.length : 0;
  while (bytes[at] === 0x20 || bytes[at] === 0x09 || bytes[at] === 0x0d) at += 1;
  return at < bytes.length && OPENERS.includes(bytes[at] as number);
}

/** Where a group of lines is looked for. */
export interface LinesToJoin {
  /** Start of a line, in bytes from the start of the file. */
  readonly offset: number;
  /** End of the range. */
  readonly to: number;
  readonly inList: boolean;
}

/**
 * Reads on from the start of a line until it is known whether whole records begin there.
 *
 * @returns the joiner, and how many bytes were read for it
 * @throws the error of a failed read, or the signal's reason
 */
export async function joinLines(
  file: FileToRead,
  { offset, to, inList }: LinesToJoin,
  { format, signal }: Pick<ScanOptions, "format" | "signal">,
): Promise<{ readonly joiner: RecordJoiner; readonly read: number }> {
  const joiner = new RecordJoiner(inList, format);
  const pace = new Pace();
  const chunk = Buffer.allocUnsafe(READ_BYTES);
  let at = offset;
  while (joiner.state === "open" && at < to) {
    signal?.throwIfAborted();
    const wanted = Math.min(at === offset ? FIRST_READ_BYTES : READ_BYTES, to - at);
    const read = await readFully(file, chunk, 0, wanted, at);
    if (read === 0) break;
    at += read;
    for (let start = 0; start < read; start += PIECE_BYTES) {
      joiner.push(chunk, start, Math.min(read, start + PIECE_BYTES));
      await pace.pause();
    }
  }
  joiner.finish();
  return { joiner, read: at - offset };
}
