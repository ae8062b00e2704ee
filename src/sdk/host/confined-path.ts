import { join, sep } from "node:path";
import type { FileSystem } from "../../file/file-system.js";
import { isErrno } from "../../file/is-errno.js";
import { resolveFile } from "../../file/resolve-file.js";
import { refusal } from "./refusal.js";

/**
 * The real path of `names` below `root`, no step of which may lead elsewhere: below the root there
 * is no symlink, and no name is another spelling of the one on the disk. Neither the root nor what
 * is below it need exist. It tells of the moment of the call.
 *
 * @param names each safe on its own; the last one is the file's
 * @throws LeaflogError `LEAFLOG_REFUSED`; the operating system's error
 */
export async function confinedPath(
  fs: FileSystem,
  root: string,
  names: readonly string[],
): Promise<string> {
  const realRoot = await resolveFile(fs, root);
  let deepest = realRoot;
  for (const name of names) {
    const path = join(deepest, name);
    if (!(await isThere(fs, path, realRoot))) break;
    deepest = path;
  }
  // A system that does not tell cases or accents apart finds what is there by other names too.
  if (deepest !== realRoot && (await fs.realpath(deepest)) !== deepest) throw refusal("alias");
  const file = join(realRoot, ...names);
  if (deepest === file && (await fs.stat(file)).kind !== "file") throw refusal("not-a-file");
  return file;
}

/** Whether something stands there; a symlink is refused, also one that leads nowhere as yet. */
async function isThere(fs: FileSystem, path: string, realRoot: string): Promise<boolean> {
  try {
    await fs.readlink(path);
  } catch (error) {
    if (isErrno(error, "EINVAL")) return true;
    if (isErrno(error, "ENOENT")) return false;
    if (isErrno(error, "ENOTDIR")) throw refusal("not-a-file");
    throw error;
  }
  throw refusal((await leadsInside(fs, path, realRoot)) ? "alias" : "outside-root");
}

async function leadsInside(fs: FileSystem, path: string, realRoot: string): Promise<boolean> {
  try {
    return (await resolveFile(fs, path)).startsWith(`${realRoot}${sep}`);
  } catch (error) {
    // It leads round in a circle, or to where nobody may look.
    if (isErrno(error, "ELOOP", "EACCES", "ENOTDIR", "ENAMETOOLONG")) return false;
    throw error;
  }
}
