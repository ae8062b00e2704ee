import { KEY_MEMBER } from "../entry/encoded-entry.js";
import type { TranscriptFormat } from "../entry/transcript-format.js";
import type { FileToRead } from "../file/file-system.js";
import { isEntry } from "../read/read-entry.js";
import type { LineFacts } from "../scan/lines/line-facts.js";
import { Pace } from "../scan/lines/pace.js";
import { readFully } from "../scan/lines/read-fully.js";
import { scanForward } from "../scan/lines/scan-forward.js";
import { KeyMembers } from "./key-members.js";

/** A line up to this long is searched while the scan holds it: a slice of a few milliseconds. */
const HELD_BYTES = 131_072;
/** Larger reads gain little. */
const READ_BYTES = 262_144;
/** A longer line is read again in pieces of this size. */
const PIECE_BYTES = 32_768;

const MEMBER_BYTES: Buffer = Buffer.from(`"${KEY_MEMBER}"`);

/** An entry as the scan meets it. */
export interface KeyedLine {
  /** Bytes from the start of the file. */
  readonly offset: number;
  /** Bytes, without the newline. */
  readonly length: number;
  /** False for a torn tail alone. */
  readonly terminated: boolean;
  readonly facts: LineFacts;
  /** Undefined when it has none. */
  readonly key: string | undefined;
}

/** The range of bytes to go through; `from` is the start of a line. */
export interface KeyRange {
  readonly from: number;
  readonly to: number;
  readonly format: TranscriptFormat;
}

/**
 * Hands every line that is an entry to `visit`, with its key, until that returns false. Only lines
 * that hold the member's name are searched for it.
 *
 * @throws the error of a failed read, or an `Error` when a line is not there any more
 */
export async function scanKeys(
  file: FileToRead,
  range: KeyRange,
  visit: (line: KeyedLine) => boolean,
): Promise<void> {
  const members = new KeyMembers();
  let from = range.from;
  while (from < range.to) {
    let long: Omit<KeyedLine, "key"> | undefined;
    let next = range.to;
    await scanForward(file, { ...range, from, maxReadBytes: READ_BYTES }, (line) => {
      const facts = line.facts();
      if (!isEntry(facts)) return undefined;
      const { offset, length, terminated, bytes } = line;
      const named = bytes === undefined || bytes.includes(MEMBER_BYTES);
      if (named && (bytes === undefined || length > HELD_BYTES)) {
        long = { offset, length, terminated, facts };
        next = offset + length + (terminated ? 1 : 0);
        return false;
      }
      const key = named && bytes ? keyOfHeld(members, bytes, line.offset, facts) : undefined;
      return visit({ offset, length, terminated, facts, key });
    });
    if (long && !visit({ ...long, key: await keyOfLong(members, file, long) })) return;
    from = next;
  }
}

function keyOfHeld(
  members: KeyMembers,
  bytes: Buffer,
  offset: number,
  { type, spans }: LineFacts,
): string | undefined {
  members.reset();
  // A BOM may precede the first line of a file.
  members.push(bytes, offset === 0 ? (spans?.object.start ?? 0) : 0);
  return members.keyOf(type);
}

async function keyOfLong(
  members: KeyMembers,
  file: FileToRead,
  { offset, length, facts }: Omit<KeyedLine, "key">,
): Promise<string | undefined> {
  const piece = Buffer.allocUnsafe(PIECE_BYTES);
  const pace = new Pace();
  const start = offset === 0 ? (facts.spans?.object.start ?? 0) : 0;
  members.reset();
  for (let at = start; at < length; at += PIECE_BYTES) {
    const wanted = Math.min(PIECE_BYTES, length - at);
    const read = await readFully(file, piece, 0, wanted, offset + at);
    if (read < wanted) throw new Error(`the line at ${offset} changed while it was read`);
    members.push(piece, 0, wanted);
    await pace.pause();
  }
  return members.keyOf(facts.type);
}
