import { dirname } from "node:path";
import { LeaflogError } from "../../errors.js";
import { type FileStat, isSameFile } from "../../file/file-stat.js";
import type { FileSystem, OpenFile } from "../../file/file-system.js";
import { isErrno } from "../../file/is-errno.js";
import { copyRange } from "../../file/replacement.js";
import { syncNames } from "../../file/sync-names.js";
import { writeWhole } from "../../file/write-whole.js";

/** A second name of the transcript as it was, or a copy of it where there can be no second name. */
export class Backup {
  #path: string;
  readonly #fs: FileSystem;
  readonly #file: string;
  readonly #stat: FileStat;

  /**
   * @param stat what the transcript is now
   * @param change what comes over it
   */
  constructor(
    fs: FileSystem,
    file: string,
    stat: FileStat,
    change: "migration" | "repair" = "migration",
  ) {
    this.#path = `${file}.before-${change}-${new Date().toISOString().replace(/[:.]/g, "-")}`;
    this.#fs = fs;
    this.#file = file;
    this.#stat = stat;
  }

  get path(): string {
    return this.#path;
  }

  /**
   * Makes the backup, and makes it survive a power loss: the transcript is replaced next.
   *
   * @param source the transcript, open
   * @throws LeaflogError `LEAFLOG_WRITE_FAILED`; then there is no backup
   */
  async make(source: OpenFile): Promise<void> {
    const path = this.#path;
    for (let nth = 2; !(await this.#attempt(source)); nth += 1) this.#path = `${path}-${nth}`;
    try {
      await syncNames(this.#fs, dirname(this.#file));
    } catch (cause) {
      await this.#remove();
      throw this.#failed(cause);
    }
  }

  /** False when the name is taken: a migration of the same millisecond left a backup and died. */
  async #attempt(source: OpenFile): Promise<boolean> {
    try {
      await this.#fs.link(this.#file, this.#path);
      return true;
    } catch (error) {
      if (isErrno(error, "EEXIST")) return false;
      // No hard links on this file system, or none to a file of another owner.
      if (!isErrno(error, "EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EXDEV", "EMLINK")) {
        throw this.#failed(error);
      }
      return this.#copy(source);
    }
  }

  /** Removes the backup if the transcript is still what it was, so that nothing needs one. */
  async drop(): Promise<void> {
    if (!isSameFile(this.#stat, await this.#fs.stat(this.#file))) return;
    await this.#fs.unlink(this.path);
  }

  /** `drop` on the way out of a failure. */
  async dropQuietly(): Promise<void> {
    try {
      await this.drop();
    } catch {
      // The failure is the error to report, and a backup too many does no harm.
    }
  }

  async #remove(): Promise<void> {
    try {
      await this.#fs.unlink(this.path);
    } catch {
      // As above; a copy that was cut short stands beside a transcript that is as it was.
    }
  }

  /** As `#attempt`. */
  async #copy(source: OpenFile): Promise<boolean> {
    let copy: OpenFile;
    try {
      copy = await this.#fs.open(this.path, "create", 0o600);
    } catch (cause) {
      if (isErrno(cause, "EEXIST")) return false;
      throw this.#failed(cause);
    }
    try {
      try {
        await this.#fill(copy, source);
      } finally {
        await copy.close();
      }
      return true;
    } catch (cause) {
      await this.#remove();
      throw this.#failed(cause);
    }
  }

  async #fill(copy: OpenFile, source: OpenFile): Promise<void> {
    await copy.chmod(this.#stat.mode);
    const range = { start: 0, end: this.#stat.size };
    await copyRange(source, range, (bytes) => writeWhole(copy, bytes));
    await copy.sync();
  }

  #failed(cause: unknown): LeaflogError {
    return new LeaflogError(
      "LEAFLOG_WRITE_FAILED",
      "the backup cannot be made; the transcript is as it was",
      { file: this.#file, cause },
    );
  }
}
