import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import type { FileSystem } from "../file/file-system.js";
import type { Look } from "../file/look.js";
import { isBusy, isContention, lockFailed } from "./file/lock-errors.js";
import { LockFile } from "./file/lock-file.js";
import { type LockNames, lockNames } from "./file/lock-names.js";
import {
  BUSY_MS,
  FIRST_WAIT_MS,
  HEARTBEAT_MS,
  LIBRARY_STALE_MS,
  LONGEST_WAIT_MS,
  NOTE_AFTER_MS,
  SURE_MS,
  WAIT_GROWTH,
} from "./file/lock-times.js";
import { setWaiterFlag, takesWaiterFlag } from "./file/waiter-flag.js";
import { LockAdapter } from "./lock-adapter.js";
import { removingAtExit } from "./lock-exit.js";
import { lockLibrary } from "./lock-library.js";
import { LockTakeover } from "./lock-takeover.js";
import { describeLockHolder, type LockHolder } from "./owner/lock-holder.js";
import { OwnerNote } from "./owner/owner-note.js";

export interface WriteLockOptions {
  /**
   * A lock that was not refreshed for this long is taken over, in milliseconds, 2000 or more. It
   * says nothing of our own locks, which others take over by what they were given.
   */
  readonly staleMs: number;
  /** How the lock is looked at while it is held. @default asynchronously */
  readonly look?: Look;
}

/** What has to be had besides the lock. */
export interface LockSlot {
  /** Resolves to false when `wanted` said no before it was had. */
  take(wanted: () => boolean): Promise<boolean>;
  free(): void;
}

const NO_SLOT: LockSlot = { take: () => Promise.resolve(true), free: () => undefined };

/** One acquire, up to its release. */
interface Hold {
  since: number;
  lost: boolean;
  /** Makes proper-lockfile forget it; not there once that gave it up by itself. */
  forget: (() => Promise<void>) | undefined;
}

/**
 * The lock of one transcript, among all processes: the empty file `<file>.lock`, made and kept
 * fresh by proper-lockfile. One object per transcript and process; its owner makes one call to
 * `acquire` at a time.
 *
 * Holding it is no proof of being alone: a holder that was stopped for longer than others wait
 * loses it without notice. Hence {@link WriteLock.verify} before each write.
 */
export class WriteLock {
  /** The lock file. */
  readonly path: string;
  readonly #fs: FileSystem;
  readonly #file: string;
  readonly #names: LockNames;
  readonly #lock: LockFile;
  readonly #takeover: LockTakeover;
  readonly #adapter: LockAdapter;
  readonly #note: OwnerNote;
  #hold: Hold | undefined;
  #releasing: Promise<void> | undefined;
  /** Whether a release failed, so that our own lock may still be in our way. */
  #left = false;
  #foreignAt = Number.NEGATIVE_INFINITY;
  /** Whether the lock was waited for, or held for long the last time: so it will be again. */
  #isBusy = false;

  /** @param file - absolute path of the transcript, symlinks resolved; it need not exist. */
  constructor(fs: FileSystem, file: string, options: WriteLockOptions) {
    this.#names = lockNames(file);
    this.path = this.#names.lock;
    this.#fs = fs;
    this.#file = file;
    this.#note = new OwnerNote(fs, this.#names.note);
    this.#lock = new LockFile(fs, this.path, options.look);
    this.#takeover = new LockTakeover(fs, this.#names, options.staleMs);
    this.#adapter = new LockAdapter(this.#lock, this.#takeover, () => this.#removeAtExit());
  }

  /** Acquired, not given back, and not known to be lost. */
  get held(): boolean {
    return this.#hold !== undefined && !this.#hold.lost;
  }

  /** Milliseconds since it was acquired; 0 when it is not held. */
  get heldMs(): number {
    const hold = this.#hold;
    return hold === undefined || hold.lost ? 0 : performance.now() - hold.since;
  }

  /** Whether others were found to wait for it at the last look; those of other users cannot tell. */
  get isWaitedFor(): boolean {
    return this.#lock.isWaitedFor;
  }

  /** `performance.now()` from before it was made, or the last look that found it to be ours. */
  get verifiedAt(): number {
    return this.#lock.verifiedAt;
  }

  /** `performance.now()` when another program was last found to have the lock or to wait for it. */
  get foreignAt(): number {
    return Math.max(this.#foreignAt, this.#lock.foreignAt);
  }

  /**
   * Waits for the lock; at once true when it is held already.
   *
   * @param wanted - asked before each try: when it says no, the wait ends.
   * @param slot - taken before each try, kept with the lock, and given up while another has it.
   * @returns false when it is wanted no longer.
   * @throws LEAFLOG_LOCK_FAILED, with `cause`, when the lock cannot be made for any reason but
   * another holder. EPERM and EBUSY count as another holder for two seconds.
   */
  async acquire(wanted: () => boolean, slot: LockSlot = NO_SLOT): Promise<boolean> {
    await this.#releasing;
    if (this.held) return true;
    await this.release();
    let waitMs = FIRST_WAIT_MS;
    let busySince: number | undefined;
    while (wanted()) {
      if (!(await slot.take(wanted))) return false;
      try {
        if (this.#left) await this.#removeOwn();
        await this.#take();
        return true;
      } catch (error) {
        slot.free();
        this.#note.expect();
        this.#isBusy = true;
        if (isContention(error)) {
          busySince = undefined;
          // The holder will heed it soon, and stand aside for a few milliseconds only.
          if (await this.#flagWaiting()) waitMs = FIRST_WAIT_MS;
        } else if (isBusy(error)) busySince ??= performance.now();
        else throw lockFailed("made", this.#file, error);
        if (busySince !== undefined && performance.now() - busySince > BUSY_MS) {
          throw lockFailed("made", this.#file, error);
        }
      }
      // Jitter: those who wait for one lock should not all come back at the same time.
      await wait(waitMs * (0.5 + Math.random() / 2));
      waitMs = Math.min(waitMs * WAIT_GROWTH, LONGEST_WAIT_MS);
    }
    return false;
  }

  /**
   * Whether the lock is still ours, looked up on disk; false when it is not held. After a no it
   * counts as lost.
   *
   * @throws LEAFLOG_LOCK_FAILED, with `cause`, when the look fails.
   */
  async verify(): Promise<boolean> {
    return this.look();
  }

  /**
   * {@link WriteLock.verify}; the answer is there at once where that of the look is. So an error is
   * thrown or is what the promise rejects with.
   */
  look(): boolean | Promise<boolean> {
    const hold = this.#hold;
    if (hold === undefined || hold.lost) return false;
    try {
      const isOurs = this.#lock.isOurs();
      if (isOurs instanceof Promise || (isOurs && this.#isLate)) return this.#settle(hold, isOurs);
      this.#heed(hold, isOurs);
      return isOurs;
    } catch (error) {
      throw lockFailed("looked up", this.#file, error);
    }
  }

  #heed(hold: Hold, isOurs: boolean): void {
    if (!isOurs) hold.lost = true;
    else if (this.isWaitedFor && this.#hold === hold) this.#note.hasten();
  }

  async #settle(hold: Hold, answer: boolean | Promise<boolean>): Promise<boolean> {
    try {
      let isOurs = await answer;
      if (isOurs && this.#isLate) isOurs = await this.#lock.isOurs();
      this.#heed(hold, isOurs);
    } catch (error) {
      throw lockFailed("looked up", this.#file, error);
    }
    return this.#hold === hold && !hold.lost;
  }

  /** An answer that was under way while this process stood still says nothing about now. */
  get #isLate(): boolean {
    return performance.now() - this.verifiedAt > SURE_MS;
  }

  /**
   * Gives the lock back; nothing that is not ours is removed. Does nothing when there is nothing to
   * give back: not held, or another's by now.
   *
   * @throws LEAFLOG_LOCK_FAILED, with `cause`, when the lock cannot be looked up or removed. It is no
   * longer refreshed then: the next {@link WriteLock.acquire} removes it first, and others take it
   * over after their `staleMs`.
   */
  release(): Promise<void> {
    this.#releasing ??= this.#giveBack().finally(() => {
      this.#releasing = undefined;
    });
    return this.#releasing;
  }

  /** Who has the lock, for the message of a caller that waited too long. Never rejects. */
  describeHolder(): Promise<LockHolder> {
    return describeLockHolder(this.#fs, this.#names);
  }

  async #take(): Promise<void> {
    const { lock } = await lockLibrary();
    const hold: Hold = { since: 0, lost: false, forget: undefined };
    // proper-lockfile's table has one entry per name, which for the transcript's own name it would
    // share with a host that uses proper-lockfile too: each release would end the other's heartbeat.
    const name = `${this.path}:${randomUUID()}`;
    const options = {
      realpath: false,
      lockfilePath: this.path,
      stale: LIBRARY_STALE_MS,
      update: HEARTBEAT_MS,
      retries: 0,
      fs: this.#adapter,
      onCompromised: () => {
        hold.lost = true;
        hold.forget = undefined;
      },
    };
    hold.forget = await removingAtExit(
      () => this.#removeAtExit(),
      () => lock(name, options),
    );
    hold.since = performance.now();
    this.#hold = hold;
    this.#note.begin(this.#lock.made, async () => this.#lock.isOurs());
    if (this.#isBusy) this.#note.hasten();
  }

  /** Tells a holder who heeds it that the lock is waited for; false when that is known or cannot be. */
  async #flagWaiting(): Promise<boolean> {
    const { judged } = this.#takeover;
    if (judged === undefined) return false;
    if (judged.kind === "directory" || judged.size > 0) this.#foreignAt = performance.now();
    return (
      takesWaiterFlag(judged) && (await setWaiterFlag(this.#fs, this.path, judged)) === undefined
    );
  }

  async #giveBack(): Promise<void> {
    const hold = this.#hold;
    if (hold === undefined) return;
    this.#isBusy = this.heldMs > NOTE_AFTER_MS;
    this.#hold = undefined;
    await this.#adapter.end();
    this.#left = true;
    try {
      // Before proper-lockfile forgets the lock: a process that exits halfway still removes it.
      await this.#removeOwn();
    } catch (error) {
      throw lockFailed("given back", this.#file, error);
    } finally {
      await hold.forget?.();
    }
  }

  async #removeOwn(): Promise<void> {
    if (await this.#lock.isOurs()) {
      // The note first: once the lock is gone, the note may be the next owner's.
      await this.#note.remove();
      await this.#lock.remove();
    } else await this.#note.removeOwn();
    this.#left = false;
  }

  #removeAtExit(): void {
    if (!this.#lock.isOursSync()) return;
    this.#note.removeSync();
    this.#fs.unlinkSync(this.path);
  }
}
