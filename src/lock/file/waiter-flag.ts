import { compareFiles, type FileStat } from "../../file/file-stat.js";
import type { FileSystem } from "../../file/file-system.js";

/** Permission bits of a lock that nobody waits for. */
export const LOCK_MODE = 0o600;
/** What they are changed to by who waits for it. */
const WAITED_FOR_MODE = 0o601;

/**
 * Tells the holder of a lock that it is waited for, by the mode of the lock: the holder looks at it
 * before each write in any case. Without the flag it keeps the lock for as long as it has something
 * to write, rather than give it back and take it again when no one else wants it.
 *
 * @param judged what the lock was at the last look; by the descriptor, so that the lock of another
 * program which took its place keeps its mode
 * @returns why the flag could not be set, which is no failure: it is another user's lock, or one
 * that is gone by now
 */
export async function setWaiterFlag(
  fs: FileSystem,
  path: string,
  judged: FileStat,
): Promise<unknown> {
  try {
    const file = await fs.open(path, "append");
    try {
      const now = await file.stat();
      if (compareFiles(judged, now) === "another" || !takesWaiterFlag(now))
        return new Error("gone");
      await file.chmod(WAITED_FOR_MODE);
      return undefined;
    } finally {
      await file.close();
    }
  } catch (error) {
    return error;
  }
}

/** Whether what a look found may be flagged: a lock of ours, and no other file. */
export function takesWaiterFlag({ kind, size, mode }: FileStat): boolean {
  return kind === "file" && size === 0 && mode === LOCK_MODE;
}

/** Whether a look at our own lock shows that somebody waits for it. */
export function hasWaiterFlag({ mode }: FileStat): boolean {
  return mode === WAITED_FOR_MODE;
}

/**
 * Whether our own lock was read since it was made or refreshed, where the file system keeps note of
 * that. It is empty, and we do not read it; OpenClaw's processes that wait for it do, and set no flag.
 *
 * @param made what it was when it was made: not everywhere are all its times the same then
 */
export function isRead({ atimeNs = 0n, mtimeNs }: FileStat, made: FileStat): boolean {
  return atimeNs > mtimeNs && atimeNs > (made.atimeNs ?? 0n);
}
