import { type FileStat, isSameFile } from "../../file/file-stat.js";
import type { FileSystem } from "../../file/file-system.js";
import { isOnExactDevice, noteExactDevice } from "./exact-devices.js";
import { startClock } from "./lock-clock.js";
import { contention, isContention, isGone, whileBusy } from "./lock-errors.js";
import { look, mtimeMs, removeDirectory } from "./lock-look.js";
import { hasWish } from "./lock-wish.js";

/**
 * A lock directory that we made. Its identity is learned right after it was made, and whatever is
 * done to the path later asks for that identity first: the path may be another's by then.
 */
export class LockDirectory {
  readonly path: string;
  readonly #fs: FileSystem;
  readonly #sureMs: number;
  #age: () => number = startClock();
  #sinceLook: () => number = startClock();
  #probed: FileStat | undefined;
  /** `performance.now()` before the look that found `#probed`. */
  #probedAt = 0;
  /** Whether there is nothing to learn from a second look. */
  #isProven = false;
  /** Made and neither known nor abandoned yet. */
  #isNew = false;
  #own: FileStat | undefined;
  #birthMoves = false;
  /** Modification time that we gave it, in milliseconds since 1970. */
  #mtimeMs: number | undefined;
  #verifiedAt = 0;
  #wished = false;

  constructor(fs: FileSystem, path: string, staleMs: number) {
    this.#fs = fs;
    this.path = path;
    // Nobody takes a lock over that is younger than this.
    this.#sureMs = staleMs / 2;
  }

  /** `performance.now()` before the last look that found the directory to be ours. */
  get verifiedAt(): number {
    return this.#verifiedAt;
  }

  /** Whether the last look found that others wait for the lock. */
  get wished(): boolean {
    return this.#wished;
  }

  /** @throws the operating system's error; EEXIST when the lock is taken. */
  async make(): Promise<void> {
    this.#own = undefined;
    this.#probed = undefined;
    this.#isProven = false;
    this.#age = startClock();
    await this.#fs.mkdir(this.path, 0o700);
    this.#isNew = true;
  }

  /**
   * proper-lockfile's test of how exactly the file system keeps times. It is made once per device,
   * with what comes before the first append to a transcript.
   */
  async probe(atime: Date, mtime: Date): Promise<void> {
    try {
      this.#probedAt = performance.now();
      this.#probed = await this.#lookAtNew();
      this.#isProven = isOnExactDevice(this.#fs, this.#probed) && isExact(this.#probed);
      if (!this.#isProven) await this.#fs.utimes(this.path, atime, mtime);
    } catch (error) {
      throw await this.#abandoned(error);
    }
  }

  /**
   * Learns the identity of what {@link make} made.
   *
   * @returns its modification time.
   * @throws ELOCKED when it can no longer be told to be ours; the operating system's error, after
   * the directory was removed again.
   */
  async identify(): Promise<Date> {
    const { own, askedAt } = await this.#lookAtMade();
    this.#isNew = false;
    this.#own = own;
    this.#probed = undefined;
    this.#mtimeMs = mtimeMs(own);
    this.#verifiedAt = askedAt;
    // Others may have looked before we did.
    this.#wished = hasWish(own);
    return new Date(this.#mtimeMs);
  }

  async #lookAtMade(): Promise<{ own: FileStat; askedAt: number }> {
    const probed = this.#probed;
    if (probed && this.#isProven) return { own: probed, askedAt: this.#probedAt };
    const askedAt = performance.now();
    let own: FileStat;
    try {
      own = probed === undefined ? await this.#lookAtNew() : await this.#fs.stat(this.path);
    } catch (error) {
      throw await this.#abandoned(error);
    }
    if (probed === undefined) return { own, askedAt };
    if (isSameFile(own, probed)) {
      if (isExact(own) && own.birthtimeNs !== 0n) noteExactDevice(this.#fs, own);
    } else {
      // Where no birth time is kept, Node may show the change time, which a heartbeat moves.
      if (!isSameNumber(own, probed) || !this.#isSure()) {
        this.#isNew = false;
        throw contention();
      }
      this.#birthMoves = true;
    }
    return { own, askedAt };
  }

  /** Whether the directory at the path is ours. Looks on disk; rejects when that fails. */
  async isOurs(): Promise<boolean> {
    return (await this.#lookAtOwn()) !== undefined;
  }

  /** The same, at process exit, also of a directory that was only just made. */
  isOursSync(): boolean {
    try {
      if (this.#isNew) return this.#isSure() && this.#fs.statSync(this.path).kind === "directory";
      return this.#isOwn(this.#fs.statSync(this.path));
    } catch (error) {
      if (isGone(error)) return false;
      throw error;
    }
  }

  /**
   * What proper-lockfile sees of the lock before it refreshes it.
   *
   * @throws ENOENT when it is not ours, so that proper-lockfile reports it lost at once.
   */
  async beatTime(): Promise<Date> {
    const now = await this.#lookAtOwn();
    if (now === undefined) throw notOurs();
    // A time that someone touched does not make the directory another's where its birth tells.
    const isCertain = now.birthtimeNs !== 0n && !this.#birthMoves;
    return new Date(isCertain && this.#mtimeMs !== undefined ? this.#mtimeMs : mtimeMs(now));
  }

  /** @throws ENOENT when it is not ours. */
  async refresh(atime: Date, mtime: Date): Promise<void> {
    if (!(await this.isOurs())) throw notOurs();
    await this.#fs.utimes(this.path, atime, mtime);
    this.#mtimeMs = mtime.getTime();
  }

  /**
   * Removes the directory if it is ours, else nothing. To be called right after {@link isOurs}.
   *
   * @throws the operating system's error, EPERM and EBUSY after two seconds of trying.
   */
  async remove(): Promise<void> {
    await whileBusy(async () => {
      if (this.#sinceLook() > LOOK_HOLDS_MS && !(await this.isOurs())) return;
      await removeDirectory(this.#fs, this.path);
    });
  }

  async #lookAtOwn(): Promise<FileStat | undefined> {
    const askedAt = performance.now();
    const sinceLook = startClock();
    const now = await look(this.#fs, this.path);
    if (now === undefined || !this.#isOwn(now)) return undefined;
    this.#verifiedAt = askedAt;
    this.#wished = hasWish(now);
    this.#sinceLook = sinceLook;
    return now;
  }

  #isOwn(stat: FileStat): boolean {
    if (this.#own === undefined || stat.kind !== "directory") return false;
    return this.#birthMoves ? isSameNumber(stat, this.#own) : isSameFile(stat, this.#own);
  }

  async #lookAtNew(): Promise<FileStat> {
    const found = await look(this.#fs, this.path);
    // After so long the directory that we made may have been taken over: this may be another's.
    if (found === undefined || !this.#isSure()) throw contention();
    return found;
  }

  #isSure(): boolean {
    return this.#age() <= this.#sureMs;
  }

  /** Removes what was made but will not be used, unless that could be another's by now. */
  async #abandoned(error: unknown): Promise<unknown> {
    this.#isNew = false;
    // Someone removed it by hand: whatever is at the path by now is not ours to remove.
    if (isGone(error)) return contention();
    if (isContention(error) || !this.#isSure()) return error;
    try {
      await whileBusy(() => removeDirectory(this.#fs, this.path));
      return error;
    } catch (second) {
      return new AggregateError([error, second], "the lock was neither finished nor removed");
    }
  }
}

/** Milliseconds for which a look need not be repeated: far less than any takeover takes. */
const LOOK_HOLDS_MS = 100;

function notOurs(): Error {
  return Object.assign(new Error("the lock directory is not ours"), { code: "ENOENT" });
}

/** Whether a time shows more than whole seconds. */
function isExact(stat: FileStat): boolean {
  return mtimeMs(stat) % 1000 !== 0;
}

function isSameNumber(a: FileStat, b: FileStat): boolean {
  return a.ino === b.ino && a.dev === b.dev;
}
