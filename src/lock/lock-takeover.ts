import { type FileStat, isUntouched } from "../file/file-stat.js";
import type { FileSystem } from "../file/file-system.js";
import { isErrno } from "../file/is-errno.js";
import { contention, isGone } from "./file/lock-errors.js";
import { look } from "./file/lock-look.js";
import { asideName, type LockNames } from "./file/lock-names.js";
import { LockGuard } from "./lock-guard.js";
import { LockWatch } from "./lock-watch.js";
import { HolderLife } from "./owner/holder-life.js";

/** Finding out that another's lock is stale, and removing it without ever removing a fresh one. */
export class LockTakeover {
  readonly #fs: FileSystem;
  readonly #names: LockNames;
  readonly #staleMs: number;
  /** Most locks are never found taken, and of those that are, most are alive. */
  #watch: LockWatch | undefined;
  #life: HolderLife | undefined;
  #guard: LockGuard | undefined;
  #judged: FileStat | undefined;

  constructor(fs: FileSystem, names: LockNames, staleMs: number) {
    this.#fs = fs;
    this.#names = names;
    this.#staleMs = staleMs;
  }

  /** The lock that {@link isStale} judged last, as it was then. */
  get judged(): FileStat | undefined {
    return this.#judged;
  }

  /**
   * Whether the lock is stale by now.
   *
   * @throws the operating system's error; ENOENT when the lock is gone.
   */
  async isStale(): Promise<boolean> {
    const askedAt = performance.now();
    this.#judged = undefined;
    const stat = await this.#fs.stat(this.#names.lock);
    this.#judged = stat;
    this.#watch ??= new LockWatch(this.#staleMs);
    this.#life ??= new HolderLife(this.#fs, this.#names);
    const isDead = this.#watch.isStale(stat, askedAt);
    const life = await this.#life.of(stat);
    return life === "gone" || (life === "unknown" && isDead);
  }

  /**
   * Removes the lock that {@link isStale} judged last.
   *
   * @throws ELOCKED when it is another by now, was refreshed, or another is removing it; the
   * operating system's error.
   */
  async removeStale(): Promise<void> {
    this.#guard ??= new LockGuard(this.#fs, this.#names.guard);
    const guard = this.#guard;
    if (!(await guard.take())) throw contention();
    try {
      const now = await look(this.#fs, this.#names.lock);
      if (now === undefined) return;
      const isJudged = this.#judged !== undefined && isUntouched(now, this.#judged);
      if (!isJudged || !(await guard.isOurs())) throw contention();
      if (now.kind === "directory") await this.#removeDirectory();
      else if (!(await guard.remove(this.#names.lock, now))) throw contention();
    } catch (error) {
      // Its holder gave it back after all.
      if (!isGone(error)) throw error;
    } finally {
      await guard.giveBack();
    }
  }

  /** One of another program, perhaps with something in it that is not ours to delete. */
  async #removeDirectory(): Promise<void> {
    try {
      await this.#fs.rmdir(this.#names.lock);
    } catch (error) {
      if (!isErrno(error, "ENOTEMPTY", "EEXIST")) throw error;
      await this.#fs.rename(this.#names.lock, asideName(this.#names));
    }
  }
}
