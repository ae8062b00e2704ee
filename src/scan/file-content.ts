import type { TranscriptFormat } from "../entry/transcript-format.js";
import type { FileToRead } from "../file/file-system.js";
import { FormatSigns } from "./format-signs.js";
import { readFully } from "./lines/read-fully.js";
import { type JoinedRecords, joinedRecords, LongRecord } from "./records/joined-records.js";

/** Bytes at the start of a file by which it is told, unless a line goes on behind them. */
const START_BYTES = 65_536;
/** So many lines at least, however long they are, where the first ones show nothing. */
const MIN_LINES = 8;
/** Bytes at which even that ends. */
const MAX_BYTES = 67_108_864;
/** Bytes to look at for an entry of the main chain, where only entries beside it were seen. */
const ASIDE_BYTES = 8_388_608;
/** Bytes of which every second one is NUL where text is UTF-16. */
const UTF16_BYTES = 64;
const NEWLINE = 0x0a;
const OPEN_BRACKET = 0x5b;
const BOM: Buffer = Buffer.from([0xef, 0xbb, 0xbf]);
/** White space, and the bytes of a BOM. */
const SPACE: Buffer = Buffer.from([0x20, 0x09, 0x0d, 0x0a, ...BOM]);

/**
 * What a file is:
 * - `transcript`: lines of a format that leaflog knows, damaged or not; also what is empty, or
 *   shows nothing;
 * - `list`: a JSON list of its entries; `spread`: its entries, each over several lines;
 * - `other`: JSON lines, or a list, of no such format;
 * - `utf-16`, `gzip`, `zstd`: by the first bytes.
 */
export type FileContent = "transcript" | "list" | "spread" | "other" | "utf-16" | "gzip" | "zstd";

/** What the first lines of a file show. */
export interface ShownContent {
  readonly content: FileContent;
  /** Undefined where no line shows it. */
  readonly format: TranscriptFormat | undefined;
}

/** The same for a caller who says what the lines are. */
export function asSaid(content: FileContent): FileContent {
  return content === "other" ? "transcript" : content;
}

/** Contents of which nothing can be read as they are. */
export function isUnreadable(content: FileContent): boolean {
  return isPacked(content) || content === "other";
}

/** Contents that are no UTF-8 text, whatever a caller says that they are. */
export function isPacked(content: FileContent): boolean {
  return content === "utf-16" || content === "gzip" || content === "zstd";
}

/**
 * What a file is by its first 65,536 bytes. Where nothing shows there, by its first lines as far as
 * the eighth one, 64 MiB at most: that a line is long tells nothing of its format. Where nothing
 * shows but what stands beside a main chain of Claude Code's, by its first 8 MiB.
 *
 * @throws the error of a failed read, or the signal's reason
 */
export async function findContent(
  file: FileToRead,
  size: number,
  signal?: AbortSignal,
): Promise<ShownContent> {
  const buffer = Buffer.allocUnsafe(Math.min(size, START_BYTES));
  const bytes = buffer.subarray(0, await readFully(file, buffer, 0, buffer.length, 0));
  const packed = byFirstBytes(bytes);
  if (packed !== undefined) return { content: packed, format: undefined };
  const isList = bytes.find((byte) => !SPACE.includes(byte)) === OPEN_BRACKET;
  const listed = isList ? byRecords(bytes) : undefined;
  if (listed !== undefined) return listed;
  const lines = new SignLines();
  const shown = lines.see(bytes.subarray(bytes.indexOf(BOM) === 0 ? BOM.length : 0));
  if (shown !== undefined) return { content: "transcript", format: shown };
  // Where no line by itself is a record, several are.
  const joined = lines.mayBeParts ? byRecords(bytes) : undefined;
  if (joined !== undefined) return joined;
  const further = await byFurtherLines(file, size, lines, signal);
  if (further !== undefined) return further;
  const long = lines.isSilent ? await byLongRecord(file, size, signal) : undefined;
  return long ?? lines.end();
}

/** Of records that do not stand on lines of their own; undefined where there are none. */
function byRecords(bytes: Buffer): ShownContent | undefined {
  return byJoined(joinedRecords(bytes));
}

/** The same where the first of them goes on behind what was read. */
async function byLongRecord(
  file: FileToRead,
  size: number,
  signal: AbortSignal | undefined,
): Promise<ShownContent | undefined> {
  if (size <= START_BYTES) return undefined;
  const record = new LongRecord();
  const buffer = Buffer.allocUnsafe(START_BYTES);
  for (let at = 0; at < size && record.goesOn; ) {
    signal?.throwIfAborted();
    const length = await readFully(file, buffer, 0, Math.min(buffer.length, size - at), at);
    if (length === 0) break;
    record.push(buffer.subarray(0, length));
    at += length;
  }
  return byJoined(record.joined);
}

function byJoined({ records, listed, spread }: JoinedRecords): ShownContent | undefined {
  if (records.length === 0) return undefined;
  const signs = new FormatSigns();
  let shown: TranscriptFormat | undefined;
  for (const record of records) shown ??= signs.see(record);
  const format = shown ?? signs.likely;
  if (shown === undefined && signs.isForeign) return { content: "other", format };
  return { content: listed ? "list" : spread ? "spread" : "transcript", format };
}

/** Reads on while nothing shows. */
async function byFurtherLines(
  file: FileToRead,
  size: number,
  lines: SignLines,
  signal: AbortSignal | undefined,
): Promise<ShownContent | undefined> {
  const end = Math.min(size, MAX_BYTES);
  const buffer = Buffer.allocUnsafe(Math.min(START_BYTES, Math.max(0, end - START_BYTES)));
  const isOpen = (at: number): boolean =>
    lines.isUndecided ? at < ASIDE_BYTES : lines.isSilent && lines.count < MIN_LINES;
  for (let at = START_BYTES; at < end && isOpen(at); ) {
    signal?.throwIfAborted();
    const length = await readFully(file, buffer, 0, Math.min(buffer.length, end - at), at);
    if (length === 0) break;
    const format = lines.see(buffer.subarray(0, length));
    if (format !== undefined) return { content: "transcript", format };
    at += length;
  }
  return undefined;
}

/** Cuts what is read into lines. */
class SignLines {
  /** Lines that have ended. */
  count = 0;
  readonly #signs = new FormatSigns();
  /** Whether the first line is a whole record; undefined before there is one. */
  #beginsWhole: boolean | undefined;

  get isSilent(): boolean {
    return this.#signs.isSilent;
  }

  get isUndecided(): boolean {
    return this.#signs.isUndecided;
  }

  /** Whether nothing is known of the lines, nor the first of them a record. */
  get mayBeParts(): boolean {
    return this.isSilent || (this.#signs.isForeign && this.#beginsWhole === false);
  }

  /** Goes on with the next bytes; the format, where they settle it. */
  see(bytes: Buffer): TranscriptFormat | undefined {
    for (let start = 0; start < bytes.length; ) {
      const newline = bytes.indexOf(NEWLINE, start);
      this.#signs.push(bytes, start, newline === -1 ? bytes.length : newline);
      const shown = this.#signs.shown ?? (newline === -1 ? undefined : this.#signs.endLine());
      if (shown !== undefined) return shown;
      if (newline === -1) break;
      if (newline > start + 1) this.#beginsWhole ??= !this.isSilent;
      this.count += 1;
      start = newline + 1;
    }
    return undefined;
  }

  /** What all of them come to, where none settles it. */
  end(): ShownContent {
    const shown = this.#signs.endLine();
    const { isForeign, likely } = this.#signs;
    return { content: isForeign ? "other" : "transcript", format: shown ?? likely };
  }
}

function byFirstBytes(bytes: Buffer): FileContent | undefined {
  const start = bytes.subarray(0, 4).toString("hex");
  if (start.startsWith("fffe") || start.startsWith("feff")) return "utf-16";
  if (start.startsWith("1f8b")) return "gzip";
  if (start === "28b52ffd") return "zstd";
  const text = bytes.subarray(0, Math.min(UTF16_BYTES, bytes.length - (bytes.length % 2)));
  if (text.length < 4) return undefined;
  const isAt = (parity: number): boolean =>
    text.every((byte, at) => (byte === 0) === (at % 2 === parity));
  return isAt(0) || isAt(1) ? "utf-16" : undefined;
}
