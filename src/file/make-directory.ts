import { dirname } from "node:path";
import type { FileSystem } from "./file-system.js";
import { isErrno } from "./is-errno.js";

/**
 * Creates a directory and its missing parents, readable by their owner alone (0700).
 *
 * @returns the parents in which a name was made, to be synced when that must survive a power loss.
 */
export async function makeDirectory(fs: FileSystem, directory: string): Promise<string[]> {
  try {
    await fs.mkdir(directory, 0o700);
    return [dirname(directory)];
  } catch (error) {
    // EEXIST also stands for a file of that name; the next operation on it says ENOTDIR.
    if (isErrno(error, "EEXIST")) return [];
    if (!isErrno(error, "ENOENT") || dirname(directory) === directory) throw error;
  }
  const touched = await makeDirectory(fs, dirname(directory));
  return [...touched, ...(await makeDirectory(fs, directory))];
}
