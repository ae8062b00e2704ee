import type { TranscriptFormat } from "../entry/transcript-format.js";
import type { FileToRead } from "../file/file-system.js";
import { scanRecordsBackward } from "./records/scan-records.js";

/** Where to look for entries. */
export interface EntrySearch {
  /** First byte, the start of a line. Default 0. */
  readonly from?: number;
  /** Byte behind the last. */
  readonly to: number;
  readonly format?: TranscriptFormat | undefined;
  /** Asked for each line; on a no the search ends. Default: always yes. */
  readonly wanted?: () => boolean;
}

/** Which of the ids entries have: one pass for all, from the end, as far as it takes. */
export async function idsPresent(
  file: FileToRead,
  ids: Iterable<string>,
  { wanted = () => true, ...range }: EntrySearch,
): Promise<Set<string>> {
  const missing = new Set(ids);
  const found = new Set<string>();
  if (missing.size === 0) return found;
  await scanRecordsBackward(file, range, (line) => {
    const { id, kind } = line.facts();
    if (kind !== "header" && typeof id === "string" && missing.delete(id)) found.add(id);
    return missing.size > 0 && wanted();
  });
  return found;
}
