import { dirname } from "node:path";
import type { FileSystem } from "./file-system.js";
import { isErrno } from "./is-errno.js";

/** Directories whose own name, and all that lead to it, this process has synced. */
const reached = new WeakMap<FileSystem, Set<string>>();

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
 * {@link syncNames} of a file's directory; the first time also of those above it, which may have
 * been made by a process that died before it could sync them.
 *
 * @throws the operating system's error
 */
export async function syncWayTo(fs: FileSystem, file: string): Promise<void> {
  const known = reached.get(fs) ?? new Set<string>();
  reached.set(fs, known);
  const way: string[] = [];
  let directory = dirname(file);
  await syncNames(fs, directory);
  while (!known.has(directory) && dirname(directory) !== directory) {
    way.push(directory);
    directory = dirname(directory);
    await syncNames(fs, directory);
  }
  for (const passed of way) known.add(passed);
}
