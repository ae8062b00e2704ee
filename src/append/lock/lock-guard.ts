import { randomUUID } from "node:crypto";
import { type FileStat, isSameFile } from "../../file/file-stat.js";
import type { FileSystem } from "../../file/file-system.js";
import { isErrno } from "../../file/is-errno.js";
import { startClock } from "./lock-clock.js";
import { isGone, whileBusy } from "./lock-errors.js";
import { look, removeDirectory } from "./lock-look.js";
import { LockWatch } from "./lock-watch.js";

/**
 * The directory `<file>.lock.steal`: whoever made it is alone in removing a stale lock. Without
 * it, the slower of two that found the same lock stale removes what the faster one made anew.
 */
export class LockGuard {
  readonly #fs: FileSystem;
  readonly #path: string;
  readonly #sureMs: number;
  readonly #watch: LockWatch;
  #own: FileStat | undefined;
  #age: () => number = startClock();

  /** @param staleMs - a guard that stayed for this long was left behind by a crash. */
  constructor(fs: FileSystem, path: string, staleMs: number) {
    this.#fs = fs;
    this.#path = path;
    this.#sureMs = staleMs / 2;
    this.#watch = new LockWatch(staleMs);
  }

  /**
   * Makes the guard; false when another has it. A guard left behind by a crash is cleared away,
   * to be taken at the next try.
   *
   * @throws the operating system's error.
   */
  async take(): Promise<boolean> {
    this.#age = startClock();
    try {
      await this.#fs.mkdir(this.#path, 0o700);
    } catch (error) {
      if (!isErrno(error, "EEXIST")) throw error;
      await this.#clear();
      return false;
    }
    try {
      this.#own = await look(this.#fs, this.#path);
    } catch (error) {
      if (this.#isSure()) await removeDirectory(this.#fs, this.#path);
      throw error;
    }
    // After so long it may have been cleared away and made by another, whose guard we now see.
    if (!this.#isSure()) this.#own = undefined;
    return this.#own !== undefined;
  }

  /** Whether the guard is still ours, and will be for the next moment. */
  async isOurs(): Promise<boolean> {
    const own = this.#own;
    if (own === undefined) return false;
    const now = await look(this.#fs, this.#path);
    return now !== undefined && isSameFile(now, own) && this.#isSure();
  }

  /**
   * Removes the guard if it is ours.
   *
   * @throws the operating system's error, EPERM and EBUSY after two seconds of trying.
   */
  async giveBack(): Promise<void> {
    await whileBusy(async () => {
      const own = this.#own;
      const now = own && (await look(this.#fs, this.#path));
      if (own && now && isSameFile(now, own)) await removeDirectory(this.#fs, this.#path);
    });
    this.#own = undefined;
  }

  #isSure(): boolean {
    return this.#age() <= this.#sureMs;
  }

  async #clear(): Promise<void> {
    const askedAt = performance.now();
    const left = await look(this.#fs, this.#path);
    if (left === undefined || !this.#watch.isStale(left, askedAt)) return;
    // By rename, because of two that clear the same guard only one can have it.
    const claimed = `${this.#path}.${randomUUID()}`;
    try {
      await this.#fs.rename(this.#path, claimed);
    } catch (error) {
      if (isGone(error)) return;
      throw error;
    }
    const got = await look(this.#fs, claimed);
    if (got === undefined) return;
    const isLeft = isSameGuard(got, left);
    // A rename replaces an empty directory, so the name has to be free. When it is not, the owner
    // of what we hold looks once more before it removes anything, and finds another's guard.
    if (!isLeft && (await look(this.#fs, this.#path)) === undefined) {
      await this.#fs.rename(claimed, this.#path);
    } else {
      await whileBusy(() => removeDirectory(this.#fs, claimed));
    }
  }
}

/** Where the file system keeps no birth time, Node shows the change time, which a rename moves. */
function isSameGuard(a: FileStat, b: FileStat): boolean {
  return a.ino === b.ino && a.dev === b.dev && a.mtimeNs === b.mtimeNs;
}
