import type { EntryRecord } from "../entry/entry.js";
import type { FileSystem, OpenFile } from "../file/file-system.js";
import { scanForward } from "../scan/scan-forward.js";
import { openToRead, readFailed } from "./open-to-read.js";
import { type MetEntry, readEntry } from "./read-entry.js";

/** Bytes of entries that are parsed ahead of the caller. */
const BLOCK_BYTES = 96 * 1024;

/** Options of `entries`. */
export interface EntriesOptions {
  /** Offset of the line to begin with, in bytes, as an `EntryRecord` or `AppendResult` tells it. */
  readonly from?: number;
  readonly signal?: AbortSignal;
}

/**
 * The entries of a transcript, first to last, as far as they stood in the file at the call.
 * Header, blank and malformed lines and half a last line are passed over; a missing file has none.
 * Reads without the lock, in memory bounded by a block and the longest entry.
 *
 * @param maxEntryBytes longer lines come without their body
 * @throws LeaflogError `LEAFLOG_READ_FAILED`, `LEAFLOG_ABORTED`
 */
export async function* readEntries(
  fs: FileSystem,
  path: string,
  maxEntryBytes: number,
  options: EntriesOptions = {},
): AsyncGenerator<EntryRecord, void, undefined> {
  const file = await openToRead(fs, path);
  if (file === undefined) return;
  const { signal } = options;
  try {
    const { size } = await file.stat();
    let from = options.from ?? 0;
    while (from < size) {
      const block = await readBlock(file, from, size, maxEntryBytes, signal);
      for (const met of block.entries) yield await met;
      from = block.end;
    }
  } catch (error) {
    throw readFailed(path, error, signal);
  } finally {
    await file.close();
  }
}

async function readBlock(
  file: OpenFile,
  from: number,
  to: number,
  maxEntryBytes: number,
  signal: AbortSignal | undefined,
): Promise<{ entries: MetEntry[]; end: number }> {
  const entries: MetEntry[] = [];
  let end = to;
  await scanForward(file, { from, to, chunkBytes: BLOCK_BYTES, signal }, (line) => {
    const met = readEntry(file, line, maxEntryBytes);
    if (met) entries.push(met);
    const next = line.offset + line.length + 1;
    const full = next - from >= BLOCK_BYTES;
    if (full) end = next;
    return !full;
  });
  return { entries, end };
}
