import type { FileStat } from "../../file/file-stat.js";
import type { FileSystem } from "../../file/file-system.js";
import { isErrno } from "../../file/is-errno.js";
import { unreadable } from "./tail.js";

/** @throws LeaflogError `LEAFLOG_LEAF_UNREADABLE` for anything but a missing file. */
export async function statIfAny(fs: FileSystem, path: string): Promise<FileStat | undefined> {
  try {
    return await fs.stat(path);
  } catch (cause) {
    if (isErrno(cause, "ENOENT")) return undefined;
    throw unreadable(path, cause);
  }
}
