import type { TranscriptFormat } from "../entry/transcript-format.js";
import type { FileSystem } from "../file/file-system.js";
import { isUnchanged, readTail, type Tail, unreadable } from "./tail.js";
import { statIfAny } from "./transcript-file.js";

/** Where a transcript ends. */
export interface Leaf {
  /** The entry that the next append will name as parent; null for none. */
  readonly id: string | null;
  /** Whether the transcript has entries, and whether any of them is linked. */
  readonly shape: "empty" | "linear" | "linked";
}

/**
 * Looks up the leaf without the lock.
 *
 * @param known an earlier look, which saves reading where the file did not change since
 * @param format what the caller says that it is; default: what its first lines say
 * @throws LeaflogError `LEAFLOG_LEAF_UNREADABLE`
 */
export async function currentLeaf(
  fs: FileSystem,
  path: string,
  known: Tail | undefined,
  format?: TranscriptFormat,
): Promise<Leaf> {
  const stat = await statIfAny(fs, path);
  if (stat === undefined) return { id: null, shape: "empty" };
  const { leaf } =
    known && isUnchanged(known, stat) ? known : await readAnew(fs, path, known, format);
  return { id: leaf.leafId, shape: leaf.shape };
}

async function readAnew(
  fs: FileSystem,
  path: string,
  known: Tail | undefined,
  format: TranscriptFormat | undefined,
): Promise<Tail> {
  const file = await fs.open(path, "read").catch((cause: unknown) => {
    throw unreadable(path, cause);
  });
  try {
    return await readTail(path, file, known, format);
  } finally {
    await file.close();
  }
}
