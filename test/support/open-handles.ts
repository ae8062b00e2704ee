import { readdir, readlink } from "node:fs/promises";
import { join } from "node:path";
import { isErrno } from "../../src/file/is-errno.js";

const DESCRIPTORS = "/proc/self/fd";

/** What this process has open below a directory; undefined where the system does not tell. */
export async function openFilesBelow(directory: string): Promise<string[] | undefined> {
  if (process.platform !== "linux") return undefined;
  const targets = await Promise.all((await readdir(DESCRIPTORS)).map(targetOf));
  return targets.filter((target) => target?.startsWith(directory)) as string[];
}

async function targetOf(descriptor: string): Promise<string | undefined> {
  try {
    return await readlink(join(DESCRIPTORS, descriptor));
  } catch (error) {
    // Closed since it was listed.
    if (isErrno(error, "ENOENT")) return undefined;
    throw error;
  }
}
