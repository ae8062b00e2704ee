import type { EntryRecord } from "../entry/entry.js";
import type { FileToRead } from "../file/file-system.js";
import type { ScannedLine } from "../scan/scanned-line.js";
import { WorkPace } from "../scan/work-pace.js";
import type { BranchPlan, BranchReading } from "./branch-reading.js";
import { LineBlocks } from "./line-blocks.js";
import { meetEntry, recordOf } from "./read-entry.js";

/**
 * The entries of a branch, root to leaf. It can be walked from its leaf alone, so that is done
 * first, which leaves 8 bytes of memory an entry; a pass forwards then reads them.
 *
 * @param first what `reading` gave before, from the leaf on
 */
export async function* rootFirst(
  file: FileToRead,
  reading: BranchReading,
  first: readonly ScannedLine[] | undefined,
  { maxEntryBytes, format, signal }: Pick<BranchPlan, "maxEntryBytes" | "format" | "signal">,
): AsyncGenerator<EntryRecord, void, undefined> {
  if (first?.[0] === undefined) return;
  // The line is good until the next chunk is read.
  const to = first[0].offset + first[0].length;
  const offsets: number[] = [];
  for (let block: readonly ScannedLine[] | undefined = first; block; block = await reading.next()) {
    for (const { offset } of block) offsets.push(offset);
  }
  const range = { from: offsets.at(-1) ?? 0, to, format, signal };
  const blocks = await LineBlocks.start(file, maxEntryBytes, range);
  try {
    const pace = new WorkPace();
    for (let block = await blocks.next(); block; block = await blocks.next()) {
      pace.restart();
      for (const line of block) {
        if (line.offset !== offsets.at(-1)) continue;
        if (pace.isDue(line.length)) await pace.rest();
        const met = meetEntry(line, maxEntryBytes, format);
        if (signal?.aborted) throw signal.reason;
        if (met !== undefined) yield recordOf(file, met);
        offsets.pop();
      }
    }
  } finally {
    await blocks.end();
  }
}
