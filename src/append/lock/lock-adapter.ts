import { isErrno } from "../../file/is-errno.js";
import type { LockDirectory } from "./lock-directory.js";
import type { LockTakeover } from "./lock-takeover.js";

type Answer<T> = (error: unknown, value?: T) => void;

type Phase =
  /** Nothing of ours is at the path, as far as we know. */
  | "idle"
  /** Another has the lock: proper-lockfile asks whether it is stale. */
  | "taken"
  /** We made the directory and do not know its identity yet. */
  | "made"
  | "owned"
  /** It is being given back, or was. */
  | "ending";

const LONG_AGO = new Date(0);
/** The last moment that a Date can hold. */
const NEVER_OLD = new Date(8.64e15);

/**
 * The `fs` option of proper-lockfile. It makes the calls and we decide what they mean: when a lock
 * is stale, whose directory that is, what may be removed.
 *
 * One object per transcript: proper-lockfile keeps on it what it found out about the file system's
 * clock.
 */
export class LockAdapter {
  readonly #directory: LockDirectory;
  readonly #takeover: LockTakeover;
  readonly #removeAtExit: () => void;
  #phase: Phase = "idle";
  #beat: Promise<void> = Promise.resolve();

  /** @param removeAtExit - removes synchronously what we hold. */
  constructor(directory: LockDirectory, takeover: LockTakeover, removeAtExit: () => void) {
    this.#directory = directory;
    this.#takeover = takeover;
    this.#removeAtExit = removeAtExit;
  }

  /**
   * Ends the heartbeat: when this resolves, none is under way and none will be answered any more. A
   * late one would refresh the next owner's directory, or find proper-lockfile's entry gone and throw.
   */
  async end(): Promise<void> {
    this.#phase = "ending";
    await this.#beat;
  }

  mkdir(_path: string, callback: Answer<void>): void {
    answer(this.#make(), callback);
  }

  stat(_path: string, callback: Answer<{ mtime: Date }>): void {
    if (this.#phase === "made") answer(this.#identify(), callback);
    else if (this.#phase === "taken") answer(this.#judge(), callback);
    else this.#beatWith(() => mtimeOf(this.#directory.beatTime()), callback);
  }

  utimes(_path: string, atime: Date, mtime: Date, callback: Answer<void>): void {
    if (this.#phase === "made") answer(this.#probe(atime, mtime), callback);
    else this.#beatWith(() => this.#directory.refresh(atime, mtime), callback);
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
      await this.#directory.make();
      this.#phase = "made";
    } catch (error) {
      if (isErrno(error, "EEXIST")) this.#phase = "taken";
      throw error;
    }
  }

  async #probe(atime: Date, mtime: Date): Promise<void> {
    this.#phase = "idle";
    await this.#directory.probe(atime, mtime);
    this.#phase = "made";
  }

  async #identify(): Promise<{ mtime: Date }> {
    this.#phase = "idle";
    const mtime = await this.#directory.identify();
    this.#phase = "owned";
    return { mtime };
  }

  async #judge(): Promise<{ mtime: Date }> {
    return { mtime: (await this.#takeover.isStale()) ? LONG_AGO : NEVER_OLD };
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

async function mtimeOf(time: Promise<Date>): Promise<{ mtime: Date }> {
  return { mtime: await time };
}
