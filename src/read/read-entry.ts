import type { Entry, EntryRecord } from "../entry/entry.js";
import type { OpenFile } from "../file/file-system.js";
import { readFully } from "../scan/read-fully.js";
import type { ScannedLine } from "../scan/scanned-line.js";

/** An entry that a scan met; its body, when the scan did not hold it, is still to be read. */
export type MetEntry = EntryRecord | Promise<EntryRecord>;

/**
 * The entry on a line; undefined for a header, a blank or malformed line, JSON that is no object,
 * and a torn tail that is not complete.
 *
 * @param maxEntryBytes longer lines come without their body
 */
export function readEntry(
  file: OpenFile,
  line: ScannedLine,
  maxEntryBytes: number,
): MetEntry | undefined {
  const { offset, length } = line;
  if (line.bytes) return parseEntry(line.bytes, offset);
  const { kind, type, id, parentId } = line.facts();
  if (kind !== "linked" && kind !== "linear" && kind !== "unlinked") return undefined;
  if (length <= maxEntryBytes) return readBody(file, offset, length);
  const oversized = {
    ...(type !== undefined && { type }),
    ...(id !== undefined && { id }),
    ...(parentId !== undefined && { parentId }),
  };
  return { offset, length, oversized };
}

async function readBody(file: OpenFile, offset: number, length: number): Promise<EntryRecord> {
  const bytes = Buffer.allocUnsafe(length);
  const read = await readFully(file, bytes, 0, length, offset);
  const record = read === length ? parseEntry(bytes, offset) : undefined;
  if (record === undefined) throw new Error(`the line at ${offset} changed while it was read`);
  return record;
}

function parseEntry(bytes: Buffer, offset: number): EntryRecord | undefined {
  const value = parse(bytes.toString("utf8", startOfText(bytes, offset)));
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const entry = value as Entry;
  return entry.type === "session" ? undefined : { entry, offset, length: bytes.length };
}

/** Passes over a BOM, which counts at the start of the file alone. */
function startOfText(bytes: Buffer, offset: number): number {
  return offset === 0 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A malformed line is no entry; verifying a transcript is what reports it.
    return undefined;
  }
}
