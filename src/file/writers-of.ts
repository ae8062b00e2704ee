import { readdir, readFile, readlink, stat } from "node:fs/promises";
import type { FileStat } from "./file-stat.js";
import { isErrno } from "./is-errno.js";

/** Processes that are looked at side by side. */
const WIDTH = 8;
/** A look that takes longer tells nothing: a lock may be held while it is made. */
const MAX_MS = 500;
/** Milliseconds after which who was found is looked at again. */
const CONFIRM_MS = 5;
/** The namespace from which all processes of the machine are seen. */
const ALL_PROCESSES = "pid:[4026531836]";
const ACCESS_MODE = 3;

/**
 * The processes that have a file open for writing, this one included, as Linux tells it of those
 * that this process may look into.
 *
 * @param file as it was looked at; it may have lost its name since
 * @param name its last name in its directory
 * @returns their ids; none only where there can be no others than those looked into; undefined where
 * it cannot be told
 */
export async function writersOf(
  file: FileStat,
  name: string,
): Promise<readonly number[] | undefined> {
  if (process.platform !== "linux") return undefined;
  const until = performance.now() + MAX_MS;
  const pids = (await readdir("/proc")).filter((entry) => /^\d+$/.test(entry));
  const found: number[] = [];
  const look = async (): Promise<void> => {
    for (let pid = pids.pop(); pid !== undefined; pid = pids.pop()) {
      if (await isWriter(pid, file, name, until)) found.push(Number(pid));
    }
  };
  await Promise.all(Array.from({ length: WIDTH }, look));
  if (found.length > 0) {
    // A process that is just being started has open what its parent has, for an instant.
    await new Promise((resolve) => setTimeout(resolve, CONFIRM_MS));
    pids.push(...found.splice(0).map(String));
    await look();
    if (found.length > 0) return found;
  }
  return performance.now() < until && (await seesAllWriters(file)) ? [] : undefined;
}

async function isWriter(
  pid: string,
  file: FileStat,
  name: string,
  until: number,
): Promise<boolean> {
  const descriptors = await unlessHidden(readdir(`/proc/${pid}/fd`));
  for (const descriptor of descriptors ?? []) {
    if (performance.now() > until) return false;
    if (await isOpenForWriting(pid, descriptor, file, name)) return true;
  }
  return false;
}

async function isOpenForWriting(
  pid: string,
  descriptor: string,
  file: FileStat,
  name: string,
): Promise<boolean> {
  const link = `/proc/${pid}/fd/${descriptor}`;
  const target = await unlessHidden(readlink(link));
  // Sockets, pipes and the like have no path.
  if (!target?.startsWith("/")) return false;
  const info = await unlessHidden(readFile(`/proc/${pid}/fdinfo/${descriptor}`, "latin1"));
  if (info === undefined) return false;
  const flags = Number.parseInt(/^flags:\s*([0-7]+)/m.exec(info)?.[1] ?? "0", 8);
  if ((flags & ACCESS_MODE) === 0) return false;
  // Only what may be the file is looked at itself: others may lie on a disk that does not answer.
  const inode = /^ino:\s*(\d+)/m.exec(info)?.[1];
  const isNamed = target.endsWith(`/${name}`) || target.endsWith(`/${name} (deleted)`);
  if (!isNamed && inode !== undefined && BigInt(inode) !== file.ino) return false;
  const found = await unlessHidden(stat(link, { bigint: true }));
  return found !== undefined && found.ino === file.ino && found.dev === file.dev;
}

/** Whether nobody may write the file whose processes cannot be looked into. */
async function seesAllWriters({ uid, mode }: FileStat): Promise<boolean> {
  const self = process.geteuid?.();
  const isPrivate = self === 0 || (self === uid && (mode & 0o022) === 0);
  return isPrivate && (await unlessHidden(readlink("/proc/self/ns/pid"))) === ALL_PROCESSES;
}

/** What cannot be seen: it is another user's, or has ended meanwhile. */
async function unlessHidden<T>(look: Promise<T>): Promise<T | undefined> {
  try {
    return await look;
  } catch (error) {
    if (isErrno(error, "ENOENT", "ESRCH", "EACCES", "EPERM", "ENOTDIR", "EINVAL")) return undefined;
    throw error;
  }
}
