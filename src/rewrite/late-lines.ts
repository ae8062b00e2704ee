import type { ReplacedFile } from "./replaced-file.js";

/** Replaced files that are watched at once; of more, the one is given up that was quiet for longest. */
const MAX_FILES = 8;

/** What a transcript was before its rewrites, as long as others may write to it. */
export class LateLines {
  /** In the order in which they were replaced. */
  #files: ReplacedFile[] = [];
  /** The same, the one that was quiet for longest first. */
  #quiet: ReplacedFile[] = [];
  /** Bytes of late lines that were carried over. */
  carried = 0;

  get watching(): boolean {
    return this.#files.length > 0;
  }

  /** Watches one more. The caller has the lock, as for all that carries over. */
  async add(file: ReplacedFile, confirm: () => Promise<void>): Promise<void> {
    this.#files.push(file);
    this.#quiet.push(file);
    const [quietest] = this.#quiet;
    if (quietest && this.#files.length > MAX_FILES) await this.#giveUp(quietest, confirm);
  }

  /** Whether there is anything to be carried over. */
  async hasMore(isLast = false): Promise<boolean> {
    for (const file of this.#files) if (await file.hasMore(isLast)) return true;
    return false;
  }

  /**
   * Returns whether there was anything.
   *
   * @throws LeaflogError `LEAFLOG_WRITE_FAILED`, and what `confirm` throws
   */
  async carryOver(confirm: () => Promise<void>): Promise<boolean> {
    const before = this.carried;
    for (const file of this.#files) {
      const bytes = await file.carryOver(confirm, false);
      if (bytes === 0) continue;
      this.carried += bytes;
      this.#quiet = [...without(this.#quiet, file), file];
    }
    return this.carried > before;
  }

  /** The processes that have one of the files open for writing; undefined where it cannot be told. */
  async writers(): Promise<readonly number[] | undefined> {
    const found = new Set<number>();
    let isKnown = true;
    for (const file of this.#files) {
      const writers = await file.writers();
      if (writers === undefined) isKnown = false;
      for (const pid of writers ?? []) found.add(pid);
    }
    return isKnown || found.size > 0 ? [...found] : undefined;
  }

  /**
   * Carries over for the last time, pieces of lines too, and watches no more.
   *
   * @throws as `carryOver`; then what could not be carried over is lost
   */
  async end(confirm: () => Promise<void>): Promise<void> {
    let failure: { readonly error: unknown } | undefined;
    for (const file of this.#files) {
      try {
        await this.#giveUp(file, confirm);
      } catch (error) {
        failure ??= { error };
      }
    }
    if (failure) throw failure.error;
  }

  /** Watches no more, whatever was written. */
  async drop(): Promise<void> {
    const files = this.#files;
    this.#files = [];
    this.#quiet = [];
    const closed = await Promise.allSettled(files.map((file) => file.close()));
    for (const outcome of closed) if (outcome.status === "rejected") throw outcome.reason;
  }

  async #giveUp(file: ReplacedFile, confirm: () => Promise<void>): Promise<void> {
    this.#files = without(this.#files, file);
    this.#quiet = without(this.#quiet, file);
    try {
      this.carried += await file.carryOver(confirm, true);
    } finally {
      await file.close();
    }
  }
}

function without(files: readonly ReplacedFile[], file: ReplacedFile): ReplacedFile[] {
  return files.filter((other) => other !== file);
}
