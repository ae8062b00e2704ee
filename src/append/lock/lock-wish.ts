import type { FileStat } from "../../file/file-stat.js";
import type { FileSystem } from "../../file/file-system.js";

/** What the mode of a lock directory is changed to by who waits for it. */
const WISHED_MODE = 0o701;

/**
 * Tells the holder of a lock that it is waited for, by the mode of the lock's directory: the holder
 * looks at that directory before each write in any case. Without the wish it keeps the lock as long
 * as it has something to write, which spares it to give it back and take it again for nobody.
 *
 * @returns why the wish could not be left; it is only a wish: another user's lock, one that is gone
 * by now, or one that is a file and so no lock of ours
 */
export async function wishFor(fs: FileSystem, path: string): Promise<unknown> {
  try {
    // Through the directory, so that a file of that name keeps its mode.
    await fs.chmod(`${path}/.`, WISHED_MODE);
    return undefined;
  } catch (error) {
    return error;
  }
}

/**
 * Whether a look at a lock shows a wish. Then no other is to be left: each moves the change
 * time, which is all the birth time that some systems know, and a dead lock would seem to be made
 * anew all the time.
 */
export function hasWish({ mode }: FileStat): boolean {
  return mode === WISHED_MODE;
}
