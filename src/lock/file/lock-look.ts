import type { FileStat } from "../../file/file-stat.js";
import type { FileSystem } from "../../file/file-system.js";
import type { Look } from "../../file/look.js";
import { isGone } from "./lock-errors.js";

/** What is at `path`, or undefined when nothing is. */
export async function look(fs: FileSystem, path: string): Promise<FileStat | undefined> {
  try {
    return await fs.stat(path);
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

/** The same at a path that was looked at before; where that may be, the answer is there at once. */
export function lookAgain(
  look: Look,
  path: string,
  dev: bigint,
): FileStat | undefined | Promise<FileStat | undefined> {
  try {
    const found = look(path, dev);
    return found instanceof Promise ? found.catch(unlessGone) : found;
  } catch (error) {
    return unlessGone(error);
  }
}

function unlessGone(error: unknown): undefined {
  if (!isGone(error)) throw error;
}

/** Removes a file; one that is gone already is as good as removed. */
export async function removeFile(fs: FileSystem, path: string): Promise<void> {
  try {
    await fs.unlink(path);
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

/** Modification time in milliseconds since 1970. */
export function mtimeMs(stat: FileStat): number {
  // Rounded, as Node does: a time set in milliseconds comes back some nanoseconds short.
  return Number((stat.mtimeNs + 500_000n) / 1_000_000n);
}
