import type { EntryRecord } from "../entry/entry.js";
import type { FileSystem } from "../file/file-system.js";
import { scanBackward } from "../scan/scan-backward.js";
import { withFile } from "./open-to-read.js";
import { type MetEntry, readEntry } from "./read-entry.js";

/**
 * The last `count` entries in file order, read from the end: what it costs depends on them, not on
 * the size of the file.
 *
 * @param maxEntryBytes longer lines come without their body
 * @throws LeaflogError `LEAFLOG_READ_FAILED`
 */
export async function readTailEntries(
  fs: FileSystem,
  path: string,
  maxEntryBytes: number,
  count: number,
): Promise<EntryRecord[]> {
  if (count === 0) return [];
  return withFile<EntryRecord[]>(fs, path, [], async (file) => {
    const entries: MetEntry[] = [];
    await scanBackward(file, {}, (line) => {
      const met = readEntry(file, line, maxEntryBytes);
      if (met) entries.push(met);
      return entries.length < count;
    });
    return Promise.all(entries.reverse());
  });
}
