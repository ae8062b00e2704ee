import { compareFiles, type FileStat } from "../../file/file-stat.js";
import type { FileSystem, OpenFile } from "../../file/file-system.js";
import { type Look, lookBy } from "../../file/look.js";
import { startClock } from "./lock-clock.js";
import { isGone, whileBusy } from "./lock-errors.js";
import { lookAgain, removeFile } from "./lock-look.js";
import { LOOK_HOLDS_MS, SURE_MS } from "./lock-times.js";
import { hasWaiterFlag, isRead, LOCK_MODE } from "./waiter-flag.js";

const SECOND_NS = 1_000_000_000n;

/**
 * An empty file that we made where none was. Its identity is that of the descriptor by which it was
 * made, so that no pause can put another's in its place; and whatever is done to the path later
 * asks for that identity first, for the path may be another's by then.
 */
export class LockFile {
  readonly path: string;
  readonly #fs: FileSystem;
  readonly #lookAt: Look;
  #age: () => number = startClock();
  #sinceLook: () => number = startClock();
  /** Made, and its identity is not known yet. */
  #isNew = false;
  #own: FileStat | undefined;
  /** The modification times that the file may have by what we did to it, in nanoseconds since 1970. */
  #mtimes: readonly bigint[] = [];
  #closing: Promise<unknown> = Promise.resolve();
  #verifiedAt = 0;
  #isWaitedFor = false;
  #foreignAt = Number.NEGATIVE_INFINITY;

  /** @param look how it is looked at once it is made */
  constructor(fs: FileSystem, path: string, look: Look = lookBy(fs, "async")) {
    this.#fs = fs;
    this.#lookAt = look;
    this.path = path;
  }

  /** `performance.now()` before it was made or, later, before the last look that found it ours. */
  get verifiedAt(): number {
    return this.#verifiedAt;
  }

  /** Whether the last look found that others wait for the lock. */
  get isWaitedFor(): boolean {
    return this.#isWaitedFor;
  }

  /** `performance.now()` when another program was last found to wait for it. */
  get foreignAt(): number {
    return this.#foreignAt;
  }

  /** What {@link make} made, as it was then. */
  get made(): FileStat {
    if (this.#own === undefined) throw new TypeError("nothing was made");
    return this.#own;
  }

  /** Whether it was made so shortly ago that nobody can have taken it over. */
  get isSure(): boolean {
    return this.#age() <= SURE_MS;
  }

  /**
   * Makes the file.
   *
   * @throws the operating system's error; EEXIST when the name is taken. Nothing is left then.
   */
  async make(): Promise<void> {
    this.#own = undefined;
    this.#isNew = false;
    this.#age = startClock();
    const askedAt = performance.now();
    const file = await this.#fs.open(this.path, "create", LOCK_MODE);
    this.#isNew = true;
    try {
      const own = await file.stat();
      this.#own = own;
      this.#mtimes = [own.mtimeNs];
      this.#verifiedAt = askedAt;
      // Others may have looked before we did.
      this.#isWaitedFor = hasWaiterFlag(own);
    } catch (error) {
      throw await this.#abandoned(file, error);
    } finally {
      this.#isNew = false;
    }
    // Nobody waits for that, or asks how it went: nothing was written by the descriptor, which is
    // gone whatever its close says.
    this.#closing = file.close().catch(() => undefined);
  }

  /** Whether the file at the path is ours. Looks on disk; throws or rejects when that fails. */
  isOurs(): boolean | Promise<boolean> {
    if (this.#own === undefined) return false;
    const askedAt = performance.now();
    const sinceLook = startClock();
    const found = lookAgain(this.#lookAt, this.path, this.#own.dev);
    if (!(found instanceof Promise)) return this.#recognize(found, askedAt, sinceLook);
    return found.then((now) => this.#recognize(now, askedAt, sinceLook));
  }

  #recognize(now: FileStat | undefined, askedAt: number, sinceLook: () => number): boolean {
    if (now === undefined || !this.#isOwn(now)) return false;
    this.#verifiedAt = askedAt;
    const read = isRead(now, this.made);
    this.#isWaitedFor = read || hasWaiterFlag(now);
    if (read) this.#foreignAt = askedAt;
    this.#sinceLook = sinceLook;
    return true;
  }

  /** The same, at process exit, also of a file that was only just made. */
  isOursSync(): boolean {
    try {
      const now = this.#fs.statSync(this.path);
      return this.#isNew ? this.isSure && isEmptyFile(now) : this.#isOwn(now);
    } catch (error) {
      if (isGone(error)) return false;
      throw error;
    }
  }

  /** @throws ENOENT when it is not ours. */
  async refresh(atime: Date, mtime: Date): Promise<void> {
    if (!(await this.isOurs())) throw notOurs();
    const given = BigInt(mtime.getTime()) * 1_000_000n;
    this.#mtimes = [...this.#mtimes, given];
    await this.#fs.utimes(this.path, atime, mtime);
    this.#mtimes = [given];
  }

  /** Forgets it: what is at the path from now on is not ours. */
  disown(): void {
    this.#own = undefined;
  }

  /**
   * Removes the file if it is ours, else nothing. To be called right after {@link isOurs}.
   *
   * @throws the operating system's error, EPERM and EBUSY after two seconds of trying.
   */
  async remove(): Promise<void> {
    // Some systems keep the name of a file that is open.
    await this.#closing;
    await whileBusy(async () => {
      if (this.#sinceLook() > LOOK_HOLDS_MS && !(await this.isOurs())) return;
      await removeFile(this.#fs, this.path);
    });
  }

  #isOwn(now: FileStat): boolean {
    if (this.#own === undefined) return false;
    const sameness = compareFiles(this.#own, now);
    // Where birth does not tell, the time does that nobody but us gives to our file.
    if (sameness === "unproven") return isEmptyFile(now) && this.#hasOurTime(now);
    return sameness === "same";
  }

  #hasOurTime({ mtimeNs }: FileStat): boolean {
    return this.#mtimes.some((given) => {
      // In milliseconds, in which times are given; some file systems keep one or two seconds.
      if (given / 1_000_000n === (mtimeNs + 500_000n) / 1_000_000n || given === mtimeNs)
        return true;
      const lag = given - mtimeNs;
      return mtimeNs % SECOND_NS === 0n && lag >= 0n && lag < 2n * SECOND_NS;
    });
  }

  /** Removes what was made but will not be used, unless that could be another's by now. */
  async #abandoned(file: OpenFile, error: unknown): Promise<unknown> {
    try {
      await file.close();
      if (this.isSure) await whileBusy(() => removeFile(this.#fs, this.path));
      return error;
    } catch (second) {
      return new AggregateError([error, second], "the lock was neither finished nor removed");
    }
  }
}

function isEmptyFile({ kind, size }: FileStat): boolean {
  return kind === "file" && size === 0;
}

/** The code by which proper-lockfile takes a lock for lost. */
export function notOurs(): Error {
  return Object.assign(new Error("the lock is not ours"), { code: "ENOENT" });
}
