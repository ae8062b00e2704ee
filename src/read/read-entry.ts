import { constants } from "node:buffer";
import type { Entry, EntryRecord } from "../entry/entry.js";
import type { TranscriptFormat } from "../entry/transcript-format.js";
import type { OpenFile } from "../file/file-system.js";
import type { LineFacts } from "../scan/line-facts.js";
import { readFully } from "../scan/read-fully.js";
import type { ScannedLine } from "../scan/scanned-line.js";

const BRACE = 0x7b;
const IS_SPACE: Uint8Array = new Uint8Array(256);
for (const byte of Buffer.from(" \t\r")) IS_SPACE[byte] = 1;

/** An entry that a scan met on a line that it did not hold: its body is still to be read. */
export class UnreadEntry {
  readonly offset: number;
  readonly length: number;
  readonly #format: TranscriptFormat;

  constructor(offset: number, length: number, format: TranscriptFormat) {
    this.offset = offset;
    this.length = length;
    this.#format = format;
  }

  /** @throws an `Error` when the line is not there any more */
  async read(file: OpenFile): Promise<EntryRecord> {
    const { offset, length } = this;
    const bytes = Buffer.allocUnsafe(length);
    const read = await readFully(file, bytes, 0, length, offset);
    const record = read === length ? parseEntry(bytes, offset, this.#format) : undefined;
    if (record === undefined) throw new Error(`the line at ${offset} changed while it was read`);
    return record;
  }
}

/** An entry as a scan meets it. */
export type MetEntry = EntryRecord | UnreadEntry;

/** What an entry counts against a limit of bytes: its line, unless it comes without its body. */
export function bodyBytes(met: MetEntry): number {
  return met instanceof UnreadEntry || met.oversized === undefined ? met.length : 0;
}

/** The entry with its body, unless it is oversized. */
export function recordOf(file: OpenFile, met: MetEntry): EntryRecord | Promise<EntryRecord> {
  return met instanceof UnreadEntry ? met.read(file) : met;
}

/**
 * The entry on a line; undefined for a header, a blank or malformed line, JSON that is no object,
 * and a torn tail that is not complete. A line that comes with its bytes is not classified.
 *
 * @param maxEntryBytes longer lines come without their body
 * @param format by which the line is classified
 */
export function meetEntry(
  line: ScannedLine,
  maxEntryBytes: number,
  format: TranscriptFormat,
): MetEntry | undefined {
  const { offset, length } = line;
  const longest = Math.min(maxEntryBytes, constants.MAX_STRING_LENGTH);
  const bytes = length <= longest ? line.bytes : undefined;
  if (bytes !== undefined) return parseEntry(bytes, offset, format);
  const facts = line.facts();
  if (!isEntry(facts)) return undefined;
  if (length <= longest) return new UnreadEntry(offset, length, format);
  const { type, id, parentId } = facts;
  const oversized = {
    ...(type !== undefined && { type }),
    ...(id !== undefined && { id }),
    ...(parentId !== undefined && { parentId }),
  };
  return { offset, length, oversized };
}

/** Whether a classified line is an entry: any JSON object but a header. */
export function isEntry({ kind }: LineFacts): boolean {
  return kind === "linked" || kind === "linear" || kind === "unlinked";
}

function parseEntry(
  bytes: Buffer,
  offset: number,
  { headerType }: TranscriptFormat,
): EntryRecord | undefined {
  const start = startOfText(bytes, offset);
  if (!opensObject(bytes, start)) return undefined;
  const value = parse(bytes.toString("utf8", start));
  if (value === undefined) return undefined;
  if (headerType !== undefined && value.type === headerType) return undefined;
  return { entry: value, offset, length: bytes.length };
}

/** Passes over a BOM, which counts at the start of the file alone. */
function startOfText(bytes: Buffer, offset: number): number {
  return offset === 0 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
}

/** Spares blank lines, NULs and other JSON the cost of an exception or of a value in vain. */
function opensObject(bytes: Buffer, start: number): boolean {
  let at = start;
  while (at < bytes.length && IS_SPACE[bytes[at]!] === 1) at += 1;
  return bytes[at] === BRACE;
}

/** @param text what begins with a brace, so that it is an object or malformed */
function parse(text: string): Entry | undefined {
  try {
    return JSON.parse(text) as Entry;
  } catch {
    // A malformed line is no entry; verifying a transcript is what reports it.
    return undefined;
  }
}
