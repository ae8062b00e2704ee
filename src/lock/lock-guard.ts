import { randomUUID } from "node:crypto";
import { type FileStat, isUntouched } from "../file/file-stat.js";
import type { FileSystem } from "../file/file-system.js";
import { isErrno } from "../file/is-errno.js";
import { isGone, whileBusy } from "./file/lock-errors.js";
import { LockFile } from "./file/lock-file.js";
import { look, removeFile } from "./file/lock-look.js";
import { GUARD_STALE_MS } from "./file/lock-times.js";
import { LockWatch } from "./lock-watch.js";

/**
 * The empty file `<file>.lock.steal`: whoever made it is alone in removing a stale lock. Without
 * it, the slower of two that found the same lock stale removes what the faster one made anew.
 */
export class LockGuard {
  readonly #fs: FileSystem;
  readonly #file: LockFile;
  readonly #watch: LockWatch = new LockWatch(GUARD_STALE_MS);

  constructor(fs: FileSystem, path: string) {
    this.#fs = fs;
    this.#file = new LockFile(fs, path);
  }

  /**
   * Makes the guard; false when another has it. A guard left behind by a crash is cleared away,
   * to be taken at the next try.
   *
   * @throws the operating system's error.
   */
  async take(): Promise<boolean> {
    try {
      await this.#file.make();
      return true;
    } catch (error) {
      if (!isErrno(error, "EEXIST")) throw error;
    }
    await this.#clear();
    return false;
  }

  /** Whether the guard is still ours, and will be for the next moment. */
  async isOurs(): Promise<boolean> {
    return (await this.#file.isOurs()) && this.#file.isSure;
  }

  /**
   * Removes a file that nobody but the guard's owner removes, the owner of the file aside: it is
   * taken into the guard's place, and put back if it turns out to be another than was judged.
   * {@link isOurs} has to be known; the guard is given back.
   *
   * @returns false when it was another
   */
  async remove(path: string, judged: FileStat): Promise<boolean> {
    const guard = this.#file.path;
    await whileBusy(() => this.#fs.rename(path, guard));
    this.#file.disown();
    const isJudged = await this.#isAt(guard, judged);
    if (!isJudged) await putBack(this.#fs, guard, path);
    await whileBusy(() => removeFile(this.#fs, guard));
    return isJudged;
  }

  /**
   * Removes the guard if it is ours.
   *
   * @throws the operating system's error, EPERM and EBUSY after two seconds of trying.
   */
  async giveBack(): Promise<void> {
    if (await this.#file.isOurs()) await this.#file.remove();
    this.#file.disown();
  }

  async #isAt(path: string, judged: FileStat): Promise<boolean> {
    const got = await look(this.#fs, path);
    return got !== undefined && isUntouched(got, judged);
  }

  async #clear(): Promise<void> {
    const { path } = this.#file;
    const askedAt = performance.now();
    const left = await look(this.#fs, path);
    if (left === undefined || !this.#watch.isStale(left, askedAt)) return;
    // By rename, because of two that clear the same guard only one can have it.
    const claimed = `${path}-${randomUUID().slice(0, 8)}`;
    try {
      await this.#fs.rename(path, claimed);
    } catch (error) {
      if (isGone(error)) return;
      throw error;
    }
    if (!(await this.#isAt(claimed, left))) await putBack(this.#fs, claimed, path);
    await this.#drop(claimed, left);
  }

  /** An earlier version of leaflog made a directory, in which there may be something by now. */
  async #drop(claimed: string, { kind }: FileStat): Promise<void> {
    if (kind !== "directory") return whileBusy(() => removeFile(this.#fs, claimed));
    try {
      await this.#fs.rmdir(claimed);
    } catch (error) {
      // It is out of the way, and not ours to empty.
      if (!isErrno(error, "ENOTEMPTY", "EEXIST") && !isGone(error)) throw error;
    }
  }
}

/**
 * Gives a file its name again, unless another has it by now: then its owner looks once more before
 * he goes on, and finds that it is not his.
 */
async function putBack(fs: FileSystem, from: string, to: string): Promise<void> {
  try {
    await fs.link(from, to);
  } catch (error) {
    if (isErrno(error, "EEXIST") || isGone(error)) return;
    // Some file systems know no second names, and a rename would put it in another's place.
    if ((await look(fs, to)) === undefined) await fs.rename(from, to);
  }
}
