import { DEFAULT_FORMAT, type TranscriptFormat } from "../entry/transcript-format.js";
import type { FileToRead } from "../file/file-system.js";
import { type FindHeaderOptions, type FoundHeader, findHeader } from "./find-header.js";
import { FormatSigns } from "./format-signs.js";
import { joinedRecords } from "./joined-records.js";
import { readFully } from "./read-fully.js";

/** Bytes at the start of a file in which its format has to show. */
const SIGN_BYTES = 65_536;
const NEWLINE = 0x0a;
const BOM: Buffer = Buffer.from([0xef, 0xbb, 0xbf]);

/** What the start of a file tells. */
export interface FileStart {
  readonly format: TranscriptFormat;
  readonly header: FoundHeader;
  /** Whether the format is certain, whatever may be appended. */
  readonly certain: boolean;
}

/** What the start of a file is looked at for. */
export interface FindStartOptions extends FindHeaderOptions {
  /** What the caller says that it is. Default: what its first lines say. */
  readonly format?: TranscriptFormat | undefined;
}

/**
 * The format of a file and its header. Where the first line is a header, reads what `findHeader`
 * reads; otherwise the first 65,536 bytes as well. Without a sign there it is the default format.
 *
 * @throws the error of a failed read, or the signal's reason
 */
export async function findStart(
  file: FileToRead,
  size: number,
  options: FindStartOptions = {},
): Promise<FileStart> {
  const { format: said, ...rest } = options;
  if (said !== undefined && said.headerType === undefined) {
    // What an agent did and what a whole session did go by one name.
    const shown = said.aside === undefined ? undefined : await shownFormat(file, size);
    const format = shown?.name === said.name ? shown : said;
    return { format, header: { state: "none" }, certain: size > 0 };
  }
  const header = await findHeader(file, size, rest);
  const certain = said !== undefined || header.state === "header";
  if (certain || header.state === "empty") {
    return { format: said ?? DEFAULT_FORMAT, header, certain };
  }
  const shown = await shownFormat(file, size);
  const format = shown ?? DEFAULT_FORMAT;
  if (format.headerType !== undefined) return { format, header, certain: shown !== undefined };
  return { format, header: { state: "none" }, certain: true };
}

async function shownFormat(file: FileToRead, size: number): Promise<TranscriptFormat | undefined> {
  const buffer = Buffer.allocUnsafe(Math.min(size, SIGN_BYTES));
  const bytes = buffer.subarray(0, await readFully(file, buffer, 0, buffer.length, 0));
  const signs = new FormatSigns();
  for (let start = bytes.indexOf(BOM) === 0 ? BOM.length : 0; start < bytes.length; ) {
    const newline = bytes.indexOf(NEWLINE, start);
    const end = newline === -1 ? bytes.length : newline;
    const shown = signs.see(bytes.subarray(start, end));
    if (shown !== undefined) return shown;
    start = end + 1;
  }
  // Where no line by itself is a record, several are, or a list.
  for (const record of joinedRecords(bytes)) {
    const shown = signs.see(record);
    if (shown !== undefined) return shown;
  }
  return signs.likely;
}
