import { dirname } from "node:path";
import { LeaflogError } from "../base/errors.js";
import { type FileStat, isSameFile } from "../file/file-stat.js";
import type { FileSystem, OpenFile } from "../file/file-system.js";
import { isErrno } from "../file/is-errno.js";
import { copyRange } from "../file/replace/replacement.js";
import { syncNames } from "../file/replace/sync-names.js";
import { TemporaryFile } from "../file/replace/temporary-file.js";

/**
 * A copy of the transcript as it was. Not a second name of it: should the process die before the
 * transcript is replaced, appends would go to both, and late lines would in any case.
 */
export class Backup {
  readonly #fs: FileSystem;
  readonly #file: string;
  readonly #stat: FileStat;
  readonly #change: "migration" | "repair";
  #path: string | undefined;

  /**
   * @param stat what the transcript is now
   * @param change what comes over it
   */
  constructor(fs: FileSystem, file: string, stat: FileStat, change: "migration" | "repair") {
    this.#fs = fs;
    this.#file = file;
    this.#stat = stat;
    this.#change = change;
  }

  /** Absolute; undefined before it is made. */
  get path(): string | undefined {
    return this.#path;
  }

  /**
   * Makes the backup, whole before it has its name, and makes it survive a power loss: the
   * transcript is replaced next.
   *
   * @param source the transcript, open
   * @throws LeaflogError `LEAFLOG_WRITE_FAILED`, `LEAFLOG_ATTRIBUTES`; then there is no backup.
   * The signal's reason
   */
  async make(source: OpenFile, signal?: AbortSignal): Promise<void> {
    const copy = await TemporaryFile.create(this.#fs, this.#file);
    try {
      await copy.adopt(this.#stat);
      const range = { start: 0, end: this.#stat.size };
      await copyRange(source, range, (bytes) => copy.write(bytes), signal);
      await copy.seal();
      const path = await this.#freeName();
      await copy.take(path);
      this.#path = path;
      await syncNames(this.#fs, dirname(this.#file));
    } catch (error) {
      await copy.discard(error);
      await this.dropQuietly();
      throw this.#asFailure(error, signal);
    }
  }

  /** Removes the backup if the transcript is still what it was, so that nothing needs one. */
  async drop(): Promise<void> {
    if (this.#path === undefined) return;
    if (!isSameFile(this.#stat, await this.#fs.stat(this.#file))) return;
    await this.#fs.unlink(this.#path);
    this.#path = undefined;
  }

  /** `drop` on the way out of a failure. */
  async dropQuietly(): Promise<void> {
    try {
      await this.drop();
    } catch {
      // The failure is the error to report, and a backup too many does no harm.
    }
  }

  /** A name that no file has: rewrites of one millisecond may come after each other. */
  async #freeName(): Promise<string> {
    const time = new Date().toISOString().replace(/[:.]/g, "-");
    const first = `${this.#file}.before-${this.#change}-${time}`;
    let name = first;
    for (let nth = 2; await this.#isTaken(name); nth += 1) name = `${first}-${nth}`;
    return name;
  }

  async #isTaken(name: string): Promise<boolean> {
    try {
      await this.#fs.stat(name);
      return true;
    } catch (error) {
      if (isErrno(error, "ENOENT")) return false;
      throw error;
    }
  }

  #asFailure(error: unknown, signal: AbortSignal | undefined): unknown {
    if (signal?.aborted && error === signal.reason) return error;
    if (error instanceof LeaflogError && error.code !== "LEAFLOG_WRITE_FAILED") return error;
    return new LeaflogError(
      "LEAFLOG_WRITE_FAILED",
      "the backup cannot be made; the transcript is as it was",
      { file: this.#file, cause: error instanceof LeaflogError ? error.cause : error },
    );
  }
}
