import type { EntryRecord } from "../../entry/entry.js";
import type { FileToRead } from "../../file/file-system.js";
import type { ScannedLine } from "../../scan/lines/scanned-line.js";
import { WorkPace } from "../../scan/lines/work-pace.js";
import { LineBlocks } from "../line-blocks.js";
import { type MetEntry, meetEntry, recordOf, UnreadEntry } from "../read-entry.js";
import type { BranchPlan, BranchReading } from "./branch-reading.js";

/**
 * The entries of a branch, root to leaf. It can be walked from its leaf alone, so that is done
 * first, which leaves 8 bytes of memory an entry, and some more for one that was found in a malformed
 * line; a pass forwards then reads them.
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
  const leaf = first[0].within ?? first[0];
  const to = leaf.offset + leaf.length;
  const offsets: number[] = [];
  /** Those that have no line of their own, by their offsets. */
  const inner = new Map<number, MetEntry>();
  let from = 0;
  for (let block: readonly ScannedLine[] | undefined = first; block; block = await reading.next()) {
    for (const line of block) {
      const { offset, within } = line;
      offsets.push(offset);
      from = within?.offset ?? offset;
      if (within === undefined) continue;
      const met = unread(line, maxEntryBytes, format);
      if (met !== undefined) inner.set(offset, met);
    }
  }
  const range = { from, to, format, signal };
  const blocks = await LineBlocks.start(file, maxEntryBytes, range);
  try {
    const pace = new WorkPace();
    for (let block = await blocks.next(); block; block = await blocks.next()) {
      pace.restart();
      for (const line of block) {
        const end = line.offset + line.length;
        for (;;) {
          const offset = offsets.at(-1);
          const met = offset === undefined ? undefined : inner.get(offset);
          if (offset === undefined || met === undefined || offset > end) break;
          yield recordOf(file, met);
          offsets.pop();
        }
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

/** An entry whose body is not held meanwhile. */
function unread(
  line: ScannedLine,
  maxEntryBytes: number,
  format: BranchPlan["format"],
): MetEntry | undefined {
  if (line.length > maxEntryBytes) return meetEntry(line, maxEntryBytes, format);
  return new UnreadEntry(line.offset, line.length, format, false);
}
