import type { EntryRecord } from "../entry/entry.js";
import type { OpenFile } from "../file/file-system.js";
import type { BranchPlan, BranchReading } from "./branch-reading.js";
import { LineBlocks } from "./line-blocks.js";
import { type MetEntry, meetEntry, recordOf } from "./read-entry.js";
import { WorkPace } from "./work-pace.js";

/**
 * The entries of a branch, root to leaf. It can be walked from its leaf alone, so that is done
 * first, which leaves 8 bytes of memory an entry; a pass forwards then reads them.
 *
 * @param first what `reading` gave before, from the leaf on
 */
export async function* rootFirst(
  file: OpenFile,
  reading: BranchReading,
  first: readonly MetEntry[] | undefined,
  { maxEntryBytes, format, signal }: Pick<BranchPlan, "maxEntryBytes" | "format" | "signal">,
): AsyncGenerator<EntryRecord, void, undefined> {
  const leaf = first?.[0];
  if (leaf === undefined) return;
  const offsets: number[] = [];
  for (let block = first; block; block = await reading.next()) {
    for (const { offset } of block) offsets.push(offset);
  }
  const range = { from: offsets.at(-1) ?? 0, to: leaf.offset + leaf.length, format, signal };
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
