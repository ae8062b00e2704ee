import type { FileStat } from "../../file/file-stat.js";
import type { FileSystem } from "../../file/file-system.js";
import { contention } from "./lock-errors.js";
import { LockGuard } from "./lock-guard.js";
import { look, removeDirectory } from "./lock-look.js";
import { isUntouched, LockWatch } from "./lock-watch.js";
import { hasWish } from "./lock-wish.js";

/** Finding out that another's lock is stale, and removing it without ever removing a fresh one. */
export class LockTakeover {
  readonly #fs: FileSystem;
  readonly #path: string;
  readonly #staleMs: number;
  /** Most locks are never found taken, and of those that are, most are alive. */
  #watch: LockWatch | undefined;
  #guard: LockGuard | undefined;
  #judged: FileStat | undefined;

  /** @param path - the lock directory. */
  constructor(fs: FileSystem, path: string, staleMs: number) {
    this.#fs = fs;
    this.#path = path;
    this.#staleMs = staleMs;
  }

  /** Whether the lock that {@link isStale} judged last is known to be waited for. */
  get wished(): boolean {
    return this.#judged !== undefined && hasWish(this.#judged);
  }

  /**
   * Whether the lock is stale by now.
   *
   * @throws the operating system's error; ENOENT when the lock is gone.
   */
  async isStale(): Promise<boolean> {
    const askedAt = performance.now();
    this.#judged = await this.#fs.stat(this.#path);
    this.#watch ??= new LockWatch(this.#staleMs);
    return this.#watch.isStale(this.#judged, askedAt);
  }

  /**
   * Removes the lock that {@link isStale} judged last.
   *
   * @throws ELOCKED when it is another by now, was refreshed, or another is removing it; the
   * operating system's error.
   */
  async removeStale(): Promise<void> {
    this.#guard ??= new LockGuard(this.#fs, `${this.#path}.steal`, this.#staleMs);
    const guard = this.#guard;
    if (!(await guard.take())) throw contention();
    try {
      const now = await look(this.#fs, this.#path);
      if (now === undefined) return;
      const isJudged = this.#judged !== undefined && isUntouched(now, this.#judged);
      if (!isJudged || !(await guard.isOurs())) throw contention();
      await removeDirectory(this.#fs, this.#path);
    } finally {
      await guard.giveBack();
    }
  }
}
