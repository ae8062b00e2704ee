import type { EntryRecord } from "../../entry/entry.js";
import type { FileToRead } from "../../file/file-system.js";
import type { ScannedLine } from "../../scan/lines/scanned-line.js";
import { WorkPace } from "../../scan/lines/work-pace.js";
import { meetEntry, recordOf } from "../read-entry.js";
import type { BranchPlan, BranchReading } from "./branch-reading.js";

/**
 * The entries of a branch, leaf to root.
 *
 * @param first what `reading` gave before, from the leaf on
 */
export async function* leafFirst(
  file: FileToRead,
  reading: BranchReading,
  first: readonly ScannedLine[] | undefined,
  { maxEntryBytes, format, signal }: Pick<BranchPlan, "maxEntryBytes" | "format" | "signal">,
): AsyncGenerator<EntryRecord, void, undefined> {
  const pace = new WorkPace();
  for (let block = first; block; block = await reading.next()) {
    for (const line of block) {
      if (pace.isDue(line.length)) await pace.rest();
      const met = meetEntry(line, maxEntryBytes, format);
      if (signal?.aborted) throw signal.reason;
      if (met !== undefined) yield await recordOf(file, met);
    }
  }
}
