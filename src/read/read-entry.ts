import { constants } from "node:buffer";
import type { Entry, EntryRecord } from "../entry/entry.js";
import type { TranscriptFormat } from "../entry/transcript-format.js";
import type { FileToRead } from "../file/file-system.js";
import type { LineFacts } from "../scan/lines/line-facts.js";
import { lineText } from "../scan/lines/line-text.js";
import { readFully } from "../scan/lines/read-fully.js";
import type { ScannedLine } from "../scan/lines/scanned-line.js";
import { LONG_LINE_BYTES, parseAroundTexts } from "./long-texts.js";

const BRACE = 0x7b;

/** An entry that a scan met on a line that it did not hold: its body is still to be read. */
export class UnreadEntry {
  readonly offset: number;
  readonly length: number;
  readonly #format: TranscriptFormat;
  readonly #withText: boolean;

  constructor(offset: number, length: number, format: TranscriptFormat, withText: boolean) {
    this.offset = offset;
    this.length = length;
    this.#format = format;
    this.#withText = withText;
  }

  /** @throws an `Error` when the line is not there any more */
  async read(file: FileToRead): Promise<EntryRecord> {
    const { offset, length } = this;
    const bytes = Buffer.allocUnsafe(length);
    const read = await readFully(file, bytes, 0, length, offset);
    const entry = read === length ? longEntry(bytes, offset, this.#format) : undefined;
    if (entry === undefined) throw new Error(`the line at ${offset} changed while it was read`);
    if (!this.#withText) return { entry, offset, length };
    return { entry, offset, length, text: lineText(bytes, 0, length, offset) };
  }
}

/** What a reader is asked for besides entries. */
export interface TextOption {
  /** Whether records carry their line's text. @default false */
  readonly text?: boolean | undefined;
}

/** An entry as a scan meets it. */
export type MetEntry = EntryRecord | UnreadEntry;

/** What an entry counts against a limit of bytes: its line, unless it comes without its body. */
export function bodyBytes(met: MetEntry): number {
  return met instanceof UnreadEntry || met.oversized === undefined ? met.length : 0;
}

/** The entry with its body, unless it is oversized. */
export function recordOf(file: FileToRead, met: MetEntry): EntryRecord | Promise<EntryRecord> {
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
  { text: withText = false }: TextOption = {},
): MetEntry | undefined {
  const { offset, length } = line;
  const longest = Math.min(maxEntryBytes, constants.MAX_STRING_LENGTH);
  const bytes = length >= LONG_LINE_BYTES && length <= longest ? line.bytes : undefined;
  const text = length <= longest && bytes === undefined ? line.text() : undefined;
  if (bytes !== undefined || text !== undefined) {
    const entry = bytes ? longEntry(bytes, offset, format) : parseEntry(text ?? "", format);
    if (entry === undefined || !withText) return entry && { entry, offset, length };
    return { entry, offset, length, text: text ?? line.text() ?? "" };
  }
  const facts = line.facts();
  if (!isEntry(facts)) return undefined;
  if (length <= longest) return new UnreadEntry(offset, length, format, withText);
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

/** Undefined as of `parseEntry`. */
function longEntry(bytes: Buffer, offset: number, format: TranscriptFormat): Entry | undefined {
  const entry = parseAroundTexts(bytes, (json) => parseEntry(json, format));
  return entry ?? parseEntry(lineText(bytes, 0, bytes.length, offset), format);
}

/** Undefined for a header, for JSON that is no object, and for what is no JSON. */
function parseEntry(text: string, { headerType }: TranscriptFormat): Entry | undefined {
  // Spares blank lines, NULs and other JSON an exception, or a value that nobody needs.
  if (!opensObject(text)) return undefined;
  try {
    const entry = JSON.parse(text) as Entry;
    return headerType !== undefined && entry.type === headerType ? undefined : entry;
  } catch {
    // A malformed line is no entry; verifying a transcript is what reports it.
    return undefined;
  }
}

function opensObject(text: string): boolean {
  let at = 0;
  while (isSpace(text.charCodeAt(at))) at += 1;
  return text.charCodeAt(at) === BRACE;
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0d;
}
