import type { EntryRecord } from "../entry/entry.js";
import { DEFAULT_FORMAT } from "../entry/transcript-format.js";
import { LineBlocks } from "./line-blocks.js";
import { lineEndAt, lineStartAt } from "./line-bounds.js";
import { closeRead, openToRead, readFailed, withStat } from "./open-to-read.js";
import { meetEntry, UnreadEntry } from "./read-entry.js";
import { readFormat } from "./read-format.js";
import type { ReadSource } from "./read-source.js";
import { WorkPace } from "./work-pace.js";

/** Options of `entries`. */
export interface EntriesOptions {
  /** Last to first. @default false */
  readonly reverse?: boolean;
  /**
   * Offset in bytes, as an `EntryRecord` or `AppendResult` tells it. Forwards the first line that
   * starts there or later is the first to come; in reverse it is the last one that ends before.
   * @default the start of the file; in reverse its end
   */
  readonly from?: number;
  /** Ends the reading with `LEAFLOG_ABORTED`. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The entries of a transcript, as far as they stood in the file when the first one was asked for.
 * Header, blank and malformed lines and half a last line are passed over; a missing file has none.
 * Reads without the lock, in memory bounded by 1 MiB of lines and the longest entry.
 *
 * @throws LeaflogError `LEAFLOG_READ_FAILED`, `LEAFLOG_ABORTED`
 */
export async function* readEntries(
  source: ReadSource,
  options: EntriesOptions = {},
): AsyncGenerator<EntryRecord, void, undefined> {
  const { reverse = false, from, signal } = options;
  const file = await openToRead(source, signal);
  if (file === undefined) return;
  let blocks: LineBlocks | undefined;
  let format = DEFAULT_FORMAT;
  try {
    blocks = await withStat(file, async (stat) => {
      const { size } = stat;
      format = await readFormat(source, file, stat, signal);
      const range = reverse
        ? { from: 0, to: from === undefined ? size : await lineEndAt(file, from, size, signal) }
        : { from: await lineStartAt(file, from ?? 0, size, signal), to: size };
      return LineBlocks.start(file, source.maxEntryBytes, { ...range, reverse, format, signal });
    });
    const pace = new WorkPace();
    for (let block = await blocks.next(); block; block = await blocks.next()) {
      pace.restart();
      for (const line of block) {
        if (pace.isDue(line.length)) await pace.rest();
        const met = meetEntry(line, source.maxEntryBytes, format);
        if (met === undefined) continue;
        if (signal?.aborted) throw signal.reason;
        yield met instanceof UnreadEntry ? await met.read(file) : met;
      }
    }
  } catch (error) {
    throw readFailed(source.file, error, signal);
  } finally {
    await blocks?.end();
    await closeRead(source, file);
  }
}
