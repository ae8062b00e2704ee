import { MAX_OPEN_FILES } from "../file/slots.js";
import { YieldingFile } from "../file/yielding-file.js";
import { statIfAny } from "../scan/end/stat-if-any.js";
import { isUnchanged, readTail, type Tail, unreadable } from "../scan/end/tail.js";
import type { DamagedLine } from "../scan/end/tail-damage.js";
import { ensureTranscript } from "./content-advice.js";
import type { ReadSource } from "./read-source.js";

/** Where a transcript ends. */
export interface Leaf {
  /** The entry that the next append will name as parent; null for none. */
  readonly id: string | null;
  /** Whether the transcript has entries, and whether any of them is linked. */
  readonly shape: "empty" | "linear" | "linked";
  /** Where the last line is no JSON: repair the transcript. */
  readonly damagedLine?: DamagedLine;
}

/**
 * Looks up the leaf without the lock.
 *
 * @param known an earlier look, which saves reading where the file did not change since
 * @throws LeaflogError `LEAFLOG_LEAF_UNREADABLE`, `LEAFLOG_UNKNOWN_FORMAT`
 */
export async function currentLeaf(source: ReadSource, known: Tail | undefined): Promise<Leaf> {
  const stat = await statIfAny(source.fileSystem, source.file);
  if (stat === undefined) return { id: null, shape: "empty" };
  const { leaf, damagedLine, content } =
    known && isUnchanged(known, stat) ? known : await readAnew(source, known);
  ensureTranscript(source.file, content, source);
  return { id: leaf.leafId, shape: leaf.shape, ...(damagedLine && { damagedLine }) };
}

async function readAnew(source: ReadSource, known: Tail | undefined): Promise<Tail> {
  const { fileSystem, file: path, format, maxOpenFiles = MAX_OPEN_FILES } = source;
  const file = await YieldingFile.open(fileSystem, path, maxOpenFiles).catch((cause: unknown) => {
    throw unreadable(path, cause);
  });
  try {
    return await readTail(path, file, known, format);
  } finally {
    await file.close();
  }
}
