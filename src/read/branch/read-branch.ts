import { readFailed } from "../../base/failures.js";
import type { EntryRecord } from "../../entry/entry.js";
import type { TranscriptFormat } from "../../entry/transcript-format.js";
import type { FileToRead } from "../../file/file-system.js";
import { findLeaf } from "../../scan/end/find-leaf.js";
import { closeRead, openToRead, withStat } from "../open-to-read.js";
import { readFormat } from "../read-format.js";
import type { ReadSource } from "../read-source.js";
import { BranchReading } from "./branch-reading.js";
import type { BranchEnd, Wanted } from "./branch-walk.js";
import { leafFirst } from "./leaf-first.js";
import { rootFirst } from "./root-first.js";

/** Options of `branch`. */
export interface BranchOptions {
  /**
   * End with the newest compaction on the branch and the entries that it kept: the last one to come
   * is the compaction's `firstKeptEntryId`, or what its format has in place of that. When that one
   * is not on the branch, the branch goes on to its root; when the compaction names none or is
   * oversized, it ends there. @default false
   */
  readonly untilCompaction?: boolean;
  /**
   * Begin with the last entry of the walk and end with the leaf. The file is read twice, and 8
   * bytes of memory an entry of the branch are taken meanwhile. @default false
   */
  readonly rootFirst?: boolean;
  /** Told how the branch ended, before the iteration ends. Not called when the caller ends it. */
  readonly onEnd?: (end: BranchEnd) => void;
  /** Ends the reading with `LEAFLOG_ABORTED`. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The entries from `fromId` to the root, each followed by its parent, in one pass over the file
 * from its end; with `rootFirst` the other way round. Without `fromId` it begins at the leaf; in a
 * linear transcript at the last entry. A linear entry is the child of the one before it. An entry
 * that has no parent, but goes on from others by its format's `logicalParentId` or by what it kept, is
 * the child of the nearest of these that stands before it.
 *
 * The generator returns how the branch ended, and tells `onEnd`: `for await` does not show what a
 * generator returns. A parent that stands behind its child, as no append leaves it, counts as
 * missing; what is missing is looked for once more, to tell a cycle.
 *
 * @throws LeaflogError `LEAFLOG_READ_FAILED`, `LEAFLOG_ABORTED`
 */
export async function* readBranch(
  source: ReadSource,
  fromId?: string,
  options: BranchOptions = {},
): AsyncGenerator<EntryRecord, BranchEnd, undefined> {
  const { untilCompaction = false, signal, onEnd } = options;
  const { maxEntryBytes } = source;
  const file = await openToRead(source, signal);
  let end: BranchEnd =
    fromId === undefined ? { end: "root" } : { end: "missing-parent", id: fromId };
  if (file !== undefined) {
    try {
      const begun = await withStat(file, async (stat) => {
        const { size } = stat;
        const format = await readFormat(source, file, stat, signal);
        const start = await branchStart(file, size, fromId, format, signal);
        if (start === undefined) return undefined;
        const plan = { start, size, maxEntryBytes, format, untilCompaction, signal };
        const reading = new BranchReading(file, plan);
        return { reading, plan, first: await reading.next() };
      });
      if (begun && options.rootFirst) {
        yield* rootFirst(file, begun.reading, begun.first, begun.plan);
      } else if (begun) {
        yield* leafFirst(file, begun.reading, begun.first, begun.plan);
      }
      if (begun) end = await begun.reading.end();
    } catch (error) {
      throw readFailed(source.file, error, signal);
    } finally {
      await closeRead(source, file);
    }
  }
  onEnd?.(end);
  return end;
}

/** What a branch begins with; undefined where there is no entry to begin with. */
async function branchStart(
  file: FileToRead,
  size: number,
  fromId: string | undefined,
  format: TranscriptFormat,
  signal: AbortSignal | undefined,
): Promise<Wanted | undefined> {
  if (fromId !== undefined) return { id: fromId };
  const { shape, leafId } = await findLeaf(file, { size, format, signal });
  if (shape === "linear") return "previous";
  return leafId === null ? undefined : { id: leafId };
}
