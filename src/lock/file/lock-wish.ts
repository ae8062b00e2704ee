import { compareFiles, type FileStat } from "../../file/file-stat.js";
import type { FileSystem } from "../../file/file-system.js";

/** Permission bits of a lock that nobody waits for. */
export const LOCK_MODE = 0o600;
/** What they are changed to by who waits for it. */
const WISHED_MODE = 0o601;

/**
 * Tells the holder of a lock that it is waited for, by the mode of the lock: the holder looks at it
 * before each write in any case. Without the wish it keeps the lock as long as it has something to
 * write, which spares it to give it back and take it again for nobody.
 *
 * @param judged what the lock was at the last look; by the descriptor, so that the lock of another
 * program which took its place keeps its mode
 * @returns why the wish could not be left; it is only a wish: another user's lock, or one that is
 * gone by now
 */
export async function wishFor(fs: FileSystem, path: string, judged: FileStat): Promise<unknown> {
  try {
    const file = await fs.open(path, "append");
    try {
      const now = await file.stat();
      if (compareFiles(judged, now) === "another" || !isWishable(now)) return new Error("gone");
      await file.chmod(WISHED_MODE);
      return undefined;
    } finally {
      await file.close();
    }
  } catch (error) {
    return error;
  }
}

/** Whether a wish may be left at what a look found: at a lock of ours, and at no other file. */
export function isWishable({ kind, size, mode }: FileStat): boolean {
  return kind === "file" && size === 0 && mode === LOCK_MODE;
}

/** Whether a look at our own lock shows that somebody left a wish. */
export function hasWish({ mode }: FileStat): boolean {
  return mode === WISHED_MODE;
}

/**
 * Whether our own lock was read since it was made or refreshed, where the file system keeps note of
 * that. There is nothing in it, and we do not read it; but OpenClaw's processes do that wait for it,
 * and know of no wish.
 *
 * @param made what it was when it was made: not everywhere are all its times the same then
 */
export function isRead({ atimeNs = 0n, mtimeNs }: FileStat, made: FileStat): boolean {
  return atimeNs > mtimeNs && atimeNs > (made.atimeNs ?? 0n);
}
