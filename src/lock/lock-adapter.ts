import { isErrno } from "../file/is-errno.js";
import { type LockFile, notOurs } from "./file/lock-file.js";
import { mtimeMs } from "./file/lock-look.js";
import type { LockTakeover } from "./lock-takeover.js";

type Answer<T> = (error: unknown, value?: T) => void;

type Phase =
  /** Nothing of ours is at the path, as far as we know. */
  | "idle"
  /** Another has the lock: proper-lockfile asks whether it is stale. */
  | "taken"
  /** We made it: proper-lockfile asks how exactly its time is kept. */
  | "made"
  | "owned"
  /** It is being given back, or was. */
  | "ending";

const LONG_AGO = new Date(0);
/** The last moment that a Date can hold. */
const NEVER_OLD = new Date(8.64e15);

/**
 * The `fs` option of proper-lockfile. It makes the calls and we decide what they mean: that a lock
 * is made as a file, when it is stale, whose it is, what may be removed.
 *
 * One object per transcript: proper-lockfile keeps on it what it found out about the file system's
 * clock.
 */
export class LockAdapter {
  readonly #file: LockFile;
  readonly #takeover: LockTakeover;
  readonly #removeAtExit: () => void;
  #phase: Phase = "idle";
  #beat: Promise<void> = Promise.resolve();
  /** The time that proper-lockfile believes the lock to have. */
  #mtime: Date = LONG_AGO;

  /** @param removeAtExit - removes synchronously what we hold. */
  constructor(file: LockFile, takeover: LockTakeover, removeAtExit: () => void) {
    this.#file = file;
    this.#takeover = takeover;
    this.#removeAtExit = removeAtExit;
  }

  /**
   * Ends the heartbeat: when this resolves, none is under way and none will be answered any more. A
   * late one would refresh the next owner's lock, or find proper-lockfile's entry gone and throw.
   */
  async end(): Promise<void> {
    this.#phase = "ending";
    await this.#beat;
  }

  mkdir(_path: string, callback: Answer<void>): void {
    answer(this.#make(), callback);
  }

  stat(_path: string, callback: Answer<{ mtime: Date }>): void {
    if (this.#phase === "made") {
      // What was made is known by its descriptor: there is nothing to look at.
      this.#phase = "owned";
      this.#mtime = new Date(mtimeMs(this.#file.made));
      callback(null, { mtime: this.#mtime });
    } else if (this.#phase === "taken") answer(this.#judge(), callback);
    else this.#beatWith(() => this.#look(), callback);
  }

  utimes(_path: string, atime: Date, mtime: Date, callback: Answer<void>): void {
    // The time by which proper-lockfile tests the file system's clock: that of its making does.
    if (this.#phase === "made") callback(null);
    else this.#beatWith(() => this.#refresh(atime, mtime), callback);
  }

  rmdir(_path: string, callback: Answer<void>): void {
    // Apart from a stale lock, whatever had to be removed is removed already: ours before it is
    // given back, one that failed in the making by whoever noticed.
    if (this.#phase === "taken") answer(this.#takeover.removeStale(), callback);
    else callback(null);
  }

  /** Called by proper-lockfile's exit handler, for every lock in its table. */
  rmdirSync(_path: string): void {
    this.#removeAtExit();
  }

  async #make(): Promise<void> {
    this.#phase = "idle";
    try {
      await this.#file.make();
      this.#phase = "made";
    } catch (error) {
      if (isErrno(error, "EEXIST")) this.#phase = "taken";
      throw error;
    }
  }

  async #judge(): Promise<{ mtime: Date }> {
    return { mtime: (await this.#takeover.isStale()) ? LONG_AGO : NEVER_OLD };
  }

  /** What proper-lockfile compares is what it gave: whether the lock is ours is not told by that. */
  async #look(): Promise<{ mtime: Date }> {
    // ENOENT has proper-lockfile report it lost at once.
    if (!(await this.#file.isOurs())) throw notOurs();
    return { mtime: this.#mtime };
  }

  async #refresh(atime: Date, mtime: Date): Promise<void> {
    await this.#file.refresh(atime, mtime);
    this.#mtime = mtime;
  }

  #beatWith<T>(work: () => Promise<T>, callback: Answer<T>): void {
    if (this.#phase !== "owned") return;
    this.#beat = work().then(
      (value) => {
        if (this.#phase === "owned") callback(null, value);
      },
      (error: unknown) => {
        if (this.#phase === "owned") callback(error);
      },
    );
  }
}

function answer<T>(work: Promise<T>, callback: Answer<T>): void {
  work.then((value) => callback(null, value), callback);
}
