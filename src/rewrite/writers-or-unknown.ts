import { basename } from "node:path";
import type { FileStat } from "../file/file-stat.js";
import type { FileSystem } from "../file/file-system.js";

/** The processes that have a file open for writing; undefined where it cannot be told. */
export async function writersOrUnknown(
  fs: FileSystem,
  path: string,
  stat: FileStat,
): Promise<readonly number[] | undefined> {
  try {
    return await fs.writersOf?.(stat, basename(path));
  } catch {
    // To tell is a favour of the system's; who gets no answer reckons with writers.
    return undefined;
  }
}
