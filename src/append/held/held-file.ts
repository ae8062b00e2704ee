import { dirname } from "node:path";
import { LeaflogError } from "../../base/errors.js";
import { writeFailed } from "../../base/failures.js";
import type { FileSystem } from "../../file/file-system.js";
import { isErrno } from "../../file/is-errno.js";
import type { Look } from "../../file/look.js";
import { makeDirectory } from "../../file/make-directory.js";
import {
  ASIDE_MS,
  FOREIGN_ASIDE_MS,
  FOREIGN_EXPECTED_MS,
  FRESH_MS,
  STEP_MS,
  UNSEEN_ASIDE_MS,
} from "../../lock/file/lock-times.js";
import { type LockSlot, WriteLock } from "../../lock/write-lock.js";
import type { ResolvedOptions } from "../../options/options.js";
import type { Tail } from "../../scan/end/tail.js";
import { OpenSlot } from "./open-slot.js";
import { lockTimeout, slotTimeout } from "./timeout-error.js";
import { TranscriptFile } from "./transcript-file.js";

/** Others may wait unseen, who cannot set the flag: for them it is held so many times as long. */
const UNSEEN_HOLDS = 10;

/** How often the lock is given back because there is much to be read for calls. */
const MAX_READS_AHEAD = 3;

/**
 * A transcript's write lock and the file that is open under it: taken together, kept from one group
 * commit to the next, given back together so that others have their turn.
 */
export class HeldFile {
  readonly file: TranscriptFile;
  readonly #fs: FileSystem;
  readonly #path: string;
  readonly #look: Look;
  readonly #options: ResolvedOptions["lock"];
  readonly #slot: OpenSlot;
  readonly #onRelease: () => Promise<void>;
  /** Made when it is first wanted: most of what an open transcript takes is this. */
  #lock: WriteLock | undefined;
  #asideUntil = 0;
  /** `performance.now()` until which programs are expected that wait and cannot be seen to. */
  #foreignUntil = 0;
  #waiting = false;

  /** @param onRelease called when lock and file have been given back, or the file at least */
  constructor(
    fs: FileSystem,
    path: string,
    options: ResolvedOptions,
    look: Look,
    onRelease: () => Promise<void>,
  ) {
    this.file = new TranscriptFile(fs, path, look);
    this.#fs = fs;
    this.#path = path;
    this.#look = look;
    this.#options = options.lock;
    this.#slot = new OpenSlot(options.maxOpenFiles);
    this.#onRelease = onRelease;
  }

  get held(): boolean {
    return this.#lock?.held ?? false;
  }

  /** Whether it is waiting for another holder just now. */
  get waiting(): boolean {
    return this.#waiting;
  }

  /** `performance.now()` from before the last look on disk that found the lock to be ours. */
  get verifiedAt(): number {
    return this.#lock?.verifiedAt ?? 0;
  }

  /** Held for so long that others should have a turn. */
  get spent(): boolean {
    if (this.#lock === undefined) return false;
    const { heldMs, isWaitedFor } = this.#lock;
    return heldMs >= this.#options.maxHoldMs * (isWaitedFor || this.#foreign ? 1 : UNSEEN_HOLDS);
  }

  /** Whether the lock was found to be ours within the last millisecond. */
  get isFresh(): boolean {
    return this.held && performance.now() - this.verifiedAt < FRESH_MS;
  }

  /** Whether it was found to be ours just now, or since a moment that is not long ago. */
  isSure(since: number): boolean {
    if (this.isFresh) return true;
    const { verifiedAt } = this;
    return this.held && verifiedAt >= since && performance.now() - verifiedAt < STEP_MS;
  }

  /** Whether the lock is still ours; looked up unless that was done within the last millisecond. */
  isOurs(): boolean | Promise<boolean> {
    if (!this.#lock?.held) return false;
    return this.isFresh || this.#lock.look();
  }

  /**
   * Takes the lock unless it is had. False when `wanted` said no before.
   *
   * @throws LeaflogError `LEAFLOG_LOCK_FAILED`; `LEAFLOG_WRITE_FAILED` when the transcript's
   * directory is missing and cannot be made
   */
  async take(wanted: () => boolean): Promise<boolean> {
    for (;;) {
      if (await this.isOurs()) return true;
      await this.file.close();
      if (!(await this.#acquire(wanted))) return false;
    }
  }

  /**
   * Takes the lock when there is little left to be read: what is much is read without it, up to the
   * end that was seen with it, behind which alone a failed write may be cut back.
   *
   * @param isAsked whether anything may have to be read; on a no the file is not even looked at
   * @param aheadOf what is to be read without the lock before, if anything is; resolves to false
   * when it was given up
   */
  async takeAhead(
    wanted: () => boolean,
    isAsked: () => boolean,
    aheadOf: (tail: Tail) => (() => Promise<boolean>) | undefined,
  ): Promise<boolean> {
    for (let reads = 0; await this.take(wanted); ) {
      if (reads === MAX_READS_AHEAD || !isAsked()) return true;
      const tail = await this.file.look();
      const ahead = tail && aheadOf(tail);
      if (ahead === undefined) return true;
      await this.release();
      if (await ahead()) reads += 1;
    }
    return false;
  }

  /** Closes the file and gives the lock back. */
  async release(): Promise<void> {
    try {
      await this.file.close();
    } finally {
      await this.#releaseLock();
      await this.#onRelease();
    }
  }

  /** The same where no call is left to be rejected; the lock, should it have stayed, goes stale. */
  async releaseOrWarn(): Promise<void> {
    try {
      await this.release();
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      process.emitWarning(`the lock of ${this.#path} was not given back: ${why}`, "LeaflogWarning");
    }
  }

  /** Gives the place among the open files to others, while the lock is kept and nothing is open. */
  freeSlot(): void {
    this.#slot.free();
  }

  /** Takes it again. False when `wanted` said no before it was had. */
  takeSlot(wanted: () => boolean): Promise<boolean> {
    return this.#slot.take(wanted);
  }

  /** The error for a call that could not have the lock in time. */
  async timeoutError(waitedMs: number): Promise<LeaflogError> {
    if (this.#slot.waiting) return slotTimeout(this.#path, waitedMs);
    const lock = this.#ownLock();
    const holder = await lock.describeHolder();
    const { staleMs } = this.#options;
    return lockTimeout(this.#path, waitedMs, { lock: lock.path, staleMs, holder });
  }

  async #acquire(wanted: () => boolean): Promise<boolean> {
    const lock = this.#ownLock();
    this.#waiting = true;
    try {
      const aside = this.#asideUntil - performance.now();
      if (aside > 0) await new Promise((resolve) => setTimeout(resolve, aside));
      return await lock.acquire(wanted, this.#slotAndFile());
    } catch (error) {
      if (!(error instanceof LeaflogError) || !isErrno(error.cause, "ENOENT")) throw error;
      await this.#makeDirectory();
      return await lock.acquire(wanted, this.#slot);
    } finally {
      this.#waiting = false;
      this.#expectForeign(lock);
    }
  }

  /** The slot; at the first try, where most locks are had, the file is opened meanwhile. */
  #slotAndFile(): LockSlot {
    const { ahead } = this.file;
    let isFirst = true;
    return {
      take: async (wanted) => {
        const isTaken = await this.#slot.take(wanted);
        if (isTaken && isFirst) ahead.begin();
        isFirst = false;
        return isTaken;
      },
      free: () => {
        ahead.drop();
        this.#slot.free();
      },
    };
  }

  async #makeDirectory(): Promise<void> {
    try {
      const touched = await makeDirectory(this.#fs, dirname(this.#path));
      for (const directory of touched) this.file.madeNameIn(directory);
    } catch (cause) {
      throw writeFailed(this.#path, "the transcript's directory cannot be made", cause, true);
    }
  }

  async #releaseLock(): Promise<void> {
    const { spent } = this;
    if (this.#lock) this.#expectForeign(this.#lock);
    if (spent) this.#asideUntil = performance.now() + this.#asideMs * (1 + Math.random());
    try {
      await this.#lock?.release();
      // Who gave it back for others comes back for it soon.
      if (!spent) this.#lock = undefined;
    } finally {
      this.#slot.free();
    }
  }

  #ownLock(): WriteLock {
    const { staleMs } = this.#options;
    this.#lock ??= new WriteLock(this.#fs, this.#path, { staleMs, look: this.#look });
    return this.#lock;
  }

  #expectForeign({ foreignAt }: WriteLock): void {
    this.#foreignUntil = Math.max(this.#foreignUntil, foreignAt + FOREIGN_EXPECTED_MS);
  }

  get #asideMs(): number {
    if (this.#foreign) return FOREIGN_ASIDE_MS;
    return this.#lock?.isWaitedFor ? ASIDE_MS : UNSEEN_ASIDE_MS;
  }

  get #foreign(): boolean {
    return performance.now() < this.#foreignUntil;
  }
}
