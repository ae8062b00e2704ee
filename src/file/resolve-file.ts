import { basename, dirname, join, resolve } from "node:path";
import type { FileSystem } from "./file-system.js";
import { isErrno } from "./is-errno.js";
import { irregular } from "./regular-file.js";

/** As many as Linux follows before it says ELOOP. */
const MAX_LINKS = 40;

/**
 * The one absolute path that all names of a file share: symlinked directories and symlinked files
 * are followed, also to a file or a directory that does not exist yet.
 *
 * @throws the operating system's error; EINVAL for a symlink to a pipe or a device, ELOOP when symlinks go round in a circle.
 */
export async function resolveFile(fs: FileSystem, file: string): Promise<string> {
  let path = resolve(file);
  for (let links = 0; links <= MAX_LINKS; links += 1) {
    // A name says what it leads to under whatever name of its directory: both at once.
    const [directory, target] = await Promise.all([
      resolveDirectory(fs, dirname(path)),
      readLinkIfAny(fs, path),
    ]);
    path = join(directory, basename(path));
    if (target === undefined) return path;
    await ensureLeadsToFile(fs, path);
    path = resolve(dirname(path), target);
  }
  throw Object.assign(new Error(`ELOOP: too many symbolic links, '${file}'`), {
    code: "ELOOP",
    path: file,
  });
}

async function resolveDirectory(fs: FileSystem, directory: string): Promise<string> {
  try {
    return await fs.realpath(directory);
  } catch (error) {
    const parent = dirname(directory);
    if (!isErrno(error, "ENOENT") || parent === directory) throw error;
    // A symlink to a directory that is not there yet still names that directory.
    const target = await readLinkIfAny(fs, directory);
    if (target !== undefined) return resolveDirectory(fs, resolve(parent, target));
    return join(await resolveDirectory(fs, parent), basename(directory));
  }
}

/** The text of a symlink to a pipe (`/dev/stdin`, `<(…)`) is no path that could be looked at. */
async function ensureLeadsToFile(fs: FileSystem, symlink: string): Promise<void> {
  try {
    if ((await fs.stat(symlink)).kind !== "other") return;
  } catch {
    // Nothing is there, or nothing that may be looked at: who goes there is told.
    return;
  }
  throw irregular("other");
}

async function readLinkIfAny(fs: FileSystem, path: string): Promise<string | undefined> {
  try {
    return await fs.readlink(path);
  } catch (error) {
    // EINVAL: it exists and is no symlink. ENOTDIR is left to the operation that needs the file.
    if (isErrno(error, "ENOENT", "EINVAL", "ENOTDIR")) return undefined;
    throw error;
  }
}
