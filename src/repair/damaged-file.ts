import { dirname } from "node:path";
import { LeaflogError } from "../base/errors.js";
import { type FileStat, isSameFile } from "../file/file-stat.js";
import type { FileSystem, OpenFile } from "../file/file-system.js";
import { isErrno } from "../file/is-errno.js";
import { keepOwnerAndMode } from "../file/replace/keep-rights.js";
import { syncNames } from "../file/replace/sync-names.js";
import { writeWhole } from "../file/replace/write-whole.js";
import { damagedLines, type MovedBytes } from "./damaged-line.js";

/** Bytes gathered before a write. */
const WRITE_BYTES = 262_144;
/** Names that are tried, should the first be taken. */
const MAX_NAMES = 100;

/** The file beside a transcript that keeps what could not be saved, with where it was and why. */
export class DamagedFile {
  /** Bytes that were moved. */
  bytes = 0;
  readonly #fs: FileSystem;
  readonly #file: string;
  readonly #source: OpenFile;
  readonly #stat: FileStat;
  readonly #dryRun: boolean;
  #path: string | undefined;
  #open: OpenFile | undefined;
  #waiting: MovedBytes[] = [];
  #text: string[] = [];
  #textLength = 0;

  /** @param stat what the transcript is now */
  constructor(fs: FileSystem, file: string, source: OpenFile, stat: FileStat, dryRun: boolean) {
    this.#fs = fs;
    this.#file = file;
    this.#source = source;
    this.#stat = stat;
    this.#dryRun = dryRun;
  }

  /** Absolute; undefined as long as there was nothing to move. */
  get path(): string | undefined {
    return this.#path;
  }

  /** Takes note of bytes; `flush` moves them. */
  take(moved: MovedBytes): void {
    this.bytes += moved.length;
    if (!this.#dryRun) this.#waiting.push(moved);
  }

  /** @throws LeaflogError `LEAFLOG_WRITE_FAILED`, or the error of a failed read */
  async flush(): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const moved of waiting) {
      for await (const line of damagedLines(this.#source, moved)) {
        this.#text.push(line);
        this.#textLength += line.length;
        if (this.#textLength >= WRITE_BYTES) await this.#write();
      }
    }
  }

  /** Hands all of it to the medium, the name included. */
  async seal(): Promise<void> {
    await this.flush();
    await this.#write();
    if (this.#open === undefined) return;
    await this.#attempt((open) => open.sync());
    await this.#attempt(async (open) => {
      this.#open = undefined;
      await open.close();
      await syncNames(this.#fs, dirname(this.#file));
    });
  }

  /** Removes it: nothing was moved. */
  async drop(): Promise<void> {
    if (this.#path !== undefined) await this.#fs.unlink(this.#path);
  }

  /** On the way out of a failure: removes it if the transcript is still what it was. */
  async dropQuietly(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    try {
      await open?.close();
    } catch {
      // The failure is the error to report; the descriptor is gone whatever its close says.
    }
    try {
      if (isSameFile(this.#stat, await this.#fs.stat(this.#file))) await this.drop();
    } catch {
      // As above, and a copy too many does no harm.
    }
  }

  async #write(): Promise<void> {
    if (this.#textLength === 0) return;
    const bytes = Buffer.from(this.#text.join(""));
    this.#text = [];
    this.#textLength = 0;
    if (this.#open === undefined) await this.#create();
    await this.#attempt((open) => writeWhole(open, bytes));
  }

  async #create(): Promise<void> {
    const time = new Date().toISOString().replace(/[:.]/g, "-");
    for (let number = 1; this.#open === undefined; number += 1) {
      // Not `.jsonl`: other programs would take it for a session.
      const path = `${this.#file}.damaged-${time}${number === 1 ? "" : `-${number}`}`;
      try {
        this.#open = await this.#fs.open(path, "create", 0o600);
        this.#path = path;
      } catch (cause) {
        if (!isErrno(cause, "EEXIST") || number === MAX_NAMES) throw this.#failed(cause);
      }
    }
    await this.#attempt((open) => keepOwnerAndMode(open, this.#stat));
  }

  async #attempt(run: (open: OpenFile) => Promise<void>): Promise<void> {
    try {
      await run(this.#open as OpenFile);
    } catch (cause) {
      if (cause instanceof LeaflogError) throw cause;
      throw this.#failed(cause);
    }
  }

  #failed(cause: unknown): LeaflogError {
    return new LeaflogError(
      "LEAFLOG_WRITE_FAILED",
      "the file for what cannot stay in the transcript cannot be written; the transcript is as it was",
      { file: this.#file, cause },
    );
  }
}
