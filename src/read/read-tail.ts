import type { EntryRecord } from "../entry/entry.js";
import { scanBackward } from "../scan/lines/scan-backward.js";
import { type MalformedLineOptions, tellMalformed } from "./malformed-line.js";
import { withFile, withStat } from "./open-to-read.js";
import { bodyBytes, type MetEntry, meetEntry, recordOf, type TextOption } from "./read-entry.js";
import { readFormat } from "./read-format.js";
import type { ReadSource } from "./read-source.js";

/** Options of `tail`. */
export interface TailOptions extends MalformedLineOptions, TextOption {
  /**
   * Most bytes of lines; the last entry comes however long it is. An entry that exceeds
   * `maxEntryBytes` comes without its body and counts as nothing. @default no limit
   */
  readonly maxBytes?: number;
  /** Ends the reading with `LEAFLOG_ABORTED`. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The last `count` entries in file order, read from the end: what it costs depends on them, not on
 * the size of the file.
 *
 * @throws LeaflogError `LEAFLOG_READ_FAILED`, `LEAFLOG_ABORTED`
 */
export async function readTailEntries(
  source: ReadSource,
  count: number,
  options: TailOptions = {},
): Promise<EntryRecord[]> {
  if (count === 0) return [];
  const { maxBytes = Number.POSITIVE_INFINITY, signal } = options;
  return withFile<EntryRecord[]>(
    source,
    [],
    async (file) => {
      const entries = await withStat(file, async (stat) => {
        const format = await readFormat(source, file, stat, signal);
        const met: MetEntry[] = [];
        let bytes = 0;
        await scanBackward(file, { to: stat.size, lazy: true, format, signal }, (line) => {
          const entry = meetEntry(line, source.maxEntryBytes, format, options);
          if (entry === undefined) {
            tellMalformed(line, options);
            return undefined;
          }
          bytes += bodyBytes(entry);
          if (bytes > maxBytes && met.length > 0) return false;
          met.push(entry);
          return met.length < count;
        });
        return met.reverse();
      });
      const records: EntryRecord[] = [];
      for (const entry of entries) records.push(await recordOf(file, entry));
      return records;
    },
    signal,
  );
}
