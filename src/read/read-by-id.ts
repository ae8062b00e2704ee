import type { EntryRecord } from "../entry/entry.js";
import { IdSearch } from "../scan/id-search.js";
import type { ScannedLine } from "../scan/lines/scanned-line.js";
import { scanRecordsBackward } from "../scan/records/scan-records.js";
import { withFile, withStat } from "./open-to-read.js";
import { isEntry, type MetEntry, meetEntry, recordOf } from "./read-entry.js";
import { readFormat } from "./read-format.js";
import type { ReadSource } from "./read-source.js";

/** Options of `entry`. */
export interface EntryOptions {
  /** Ends the reading with `LEAFLOG_ABORTED`. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The last entry of that id, searched from the end of the file; undefined when there is none.
 *
 * @throws LeaflogError `LEAFLOG_READ_FAILED`, `LEAFLOG_ABORTED`
 */
export async function readEntryById(
  source: ReadSource,
  id: string,
  { signal }: EntryOptions = {},
): Promise<EntryRecord | undefined> {
  const search = new IdSearch(id);
  const passes = (line: ScannedLine): boolean => !search.mayBeIn(line);
  return withFile<EntryRecord | undefined>(
    source,
    undefined,
    async (file) => {
      const found = await withStat(file, async (stat) => {
        const format = await readFormat(source, file, stat, signal);
        let entry: MetEntry | undefined;
        const options = { to: stat.size, lazy: passes, format, signal };
        await scanRecordsBackward(file, options, (line) => {
          if (passes(line)) return undefined;
          const facts = line.facts();
          if (facts.id !== id || !isEntry(facts)) return undefined;
          entry = meetEntry(line, source.maxEntryBytes, format);
          return entry === undefined;
        });
        return entry;
      });
      return found && recordOf(file, found);
    },
    signal,
  );
}
