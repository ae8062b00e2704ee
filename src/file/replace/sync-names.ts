import { dirname } from "node:path";
import { compareFiles, type FileStat } from "../file-stat.js";
import type { FileSystem } from "../file-system.js";
import { isErrno } from "../is-errno.js";

/** Directories that are remembered to have their names on the medium. */
const MAX_DIRECTORIES = 1024;

/**
 * Directories whose own names this process has synced, by path, the one used last at the end. A
 * directory of that name that was made since is another one.
 */
const reached = new WeakMap<FileSystem, Map<string, FileStat>>();

/**
 * Makes new and removed names in a directory survive a power loss, where the system can do so.
 *
 * @throws the operating system's error
 */
export async function syncNames(fs: FileSystem, directory: string): Promise<void> {
  try {
    await fs.syncDirectory(directory);
  } catch (error) {
    // Some systems cannot open or sync a directory; there a name is as safe as it gets.
    if (!isErrno(error, "EINVAL", "ENOTSUP", "EISDIR", "EPERM", "EACCES")) throw error;
  }
}

/**
 * {@link syncNames} of a file's directory, and of those above it in which a name stands that this
 * process has not synced: it may have been made, or made anew, by a process that died before it
 * could sync it.
 *
 * @throws the operating system's error
 */
export async function syncWayTo(fs: FileSystem, file: string): Promise<void> {
  const known = reached.get(fs) ?? new Map<string, FileStat>();
  reached.set(fs, known);
  let directory = dirname(file);
  await syncNames(fs, directory);
  for (let above = dirname(directory); above !== directory; above = dirname(directory)) {
    const before = known.get(directory);
    const now = await statUnlessRefused(fs, directory);
    known.delete(directory);
    if (!before || !now || compareFiles(before, now) !== "same") await syncNames(fs, above);
    if (now) known.set(directory, now);
    directory = above;
  }
  for (const oldest of known.keys()) {
    if (known.size <= MAX_DIRECTORIES) break;
    known.delete(oldest);
  }
}

/** Undefined where the system does not tell: then the name is synced each time. */
async function statUnlessRefused(fs: FileSystem, path: string): Promise<FileStat | undefined> {
  try {
    return await fs.stat(path);
  } catch (error) {
    if (isErrno(error, "EPERM", "EACCES")) return undefined;
    throw error;
  }
}
