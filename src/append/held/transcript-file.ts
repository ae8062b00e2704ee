import { writeFailed } from "../../base/failures.js";
import { DEFAULT_FORMAT, type TranscriptFormat } from "../../entry/transcript-format.js";
import { cutBack } from "../../file/cut-back.js";
import { compareFiles, type FileStat, isSameFile } from "../../file/file-stat.js";
import type { FileSystem, OpenFile } from "../../file/file-system.js";
import { isErrno } from "../../file/is-errno.js";
import type { Look } from "../../file/look.js";
import { ensureOneName } from "../../file/one-name.js";
import { setMode } from "../../file/replace/keep-rights.js";
import { syncNames, syncWayTo } from "../../file/replace/sync-names.js";
import {
  isAsWritten,
  isUnchanged,
  readTail,
  stillStands,
  type Tail,
  unreadable,
} from "../../scan/end/tail.js";
import { appendRest } from "./append-rest.js";
import type { LaidOut } from "./laid-out.js";
import { OpenAhead } from "./open-ahead.js";

/** The file behind a transcript: its descriptor while the lock is held, and what its end is. */
export class TranscriptFile {
  readonly path: string;
  /** The file as it is opened while the lock is being taken. */
  readonly ahead: OpenAhead;
  readonly #fs: FileSystem;
  readonly #lookAt: Look;
  #file: OpenFile | undefined;
  #tail: Tail | undefined;
  #knownAt = 0;
  /** What a caller says that it is. */
  #said: TranscriptFormat | undefined;
  /** The file whose name is on the medium. */
  #named: FileStat | undefined;
  /** Directories in which a directory was made, whose names may not be on the medium yet. */
  #unsynced: string[] = [];
  /** Whether this object created the file and wrote nothing to it yet. */
  #fresh = false;

  constructor(fs: FileSystem, path: string, lookAt: Look) {
    this.#fs = fs;
    this.path = path;
    this.#lookAt = lookAt;
    this.ahead = new OpenAhead(fs, path);
  }

  /** Takes the file for one of that format, whatever its first lines say. */
  useFormat(format: TranscriptFormat): void {
    this.#said = format;
    this.#tail = undefined;
  }

  /** The last known end of the file; to be believed after `look` alone. */
  get tail(): Tail | undefined {
    return this.#tail;
  }

  /**
   * `performance.now()` since which the tail is known to be what it is: from before the look that
   * found nothing new, or from after what was new had been read.
   */
  get knownAt(): number {
    return this.#knownAt;
  }

  /**
   * Brings the tail up to date. Undefined when there is no file.
   *
   * @throws LeaflogError `LEAFLOG_LEAF_UNREADABLE`, or `LEAFLOG_WRITE_FAILED` when the file cannot
   * be opened to append, `LEAFLOG_HARD_LINKED` when it has another name.
   */
  look(): Tail | undefined | Promise<Tail | undefined> {
    const known = this.#tail;
    if (!this.#file || !known) return this.#read();
    this.#knownAt = performance.now();
    let found: FileStat | Promise<FileStat>;
    try {
      found = this.#lookAt(this.path, known.stat.dev);
    } catch (error) {
      return this.#lost(error);
    }
    if (!(found instanceof Promise)) return this.#compare(known, found);
    return found.then(
      (stat) => this.#compare(known, stat),
      (error: unknown) => this.#lost(error),
    );
  }

  #compare(known: Tail, stat: FileStat): Tail | Promise<Tail | undefined> {
    ensureOneName(this.path, stat);
    if (isAsWritten(known, stat)) this.#tail = { ...known, stat, writtenAt: undefined };
    else if (!isUnchanged(known, stat)) return this.#readChanged(known, stat);
    return this.#tail as Tail;
  }

  async #readChanged(known: Tail, stat: FileStat): Promise<Tail | undefined> {
    if (!isSameFile(known.stat, stat)) await this.close();
    return this.#read();
  }

  async #lost(error: unknown): Promise<undefined> {
    if (!isErrno(error, "ENOENT")) throw unreadable(this.path, error);
    await this.close();
    this.#tail = undefined;
  }

  async #read(): Promise<Tail | undefined> {
    // Without a tail nobody knows whether the path still leads to what is open.
    if (!this.#tail) await this.#closeFile();
    const ahead = this.#file ? undefined : await this.ahead.take(this.#lookAt);
    this.#file ??= ahead?.file ?? (await this.#openIfAny());
    const file = this.#file;
    this.#tail = file && (await readTail(this.path, file, this.#tail, this.#said, ahead?.stat));
    this.#knownAt = performance.now();
    if (this.#tail) ensureOneName(this.path, this.#tail.stat);
    return this.#tail;
  }

  async #openIfAny(): Promise<OpenFile | undefined> {
    try {
      return await this.#fs.open(this.path, "append");
    } catch (cause) {
      if (isErrno(cause, "ENOENT")) return undefined;
      if (isErrno(cause, "EISDIR")) throw unreadable(this.path, cause);
      throw writeFailed(this.path, "the transcript cannot be opened to append", cause, true);
    }
  }

  /**
   * Creates the file, empty.
   *
   * @param mode permission bits, whatever the umask
   * @throws LeaflogError `LEAFLOG_WRITE_FAILED`
   */
  async create(mode: number, format: TranscriptFormat = DEFAULT_FORMAT): Promise<Tail> {
    try {
      this.#file = await this.#fs.open(this.path, "create", mode);
      this.#fresh = true;
      const stat = await this.#file.stat();
      if (stat.mode !== mode) await setMode(this.#file, mode);
      this.#tail = {
        stat,
        size: 0,
        format,
        content: "transcript",
        header: { state: format.headerType === undefined ? "none" : "empty" },
        leaf: { shape: "empty", leafId: null, linearAfterLeaf: false },
        end: 0,
      };
      this.#knownAt = performance.now();
      return this.#tail;
    } catch (cause) {
      await this.discard();
      throw writeFailed(this.path, "the transcript cannot be created", cause, true);
    }
  }

  /**
   * Writes a group commit with one `write`, and its rest with another one where that took a part
   * only. When that fails, the file is cut back to where it
   * ended, as long as nobody wrote behind it and `stillOwner` holds.
   *
   * @throws LeaflogError `LEAFLOG_WRITE_FAILED`, with `cutBack`
   */
  async write(group: LaidOut, stillOwner: () => Promise<boolean>): Promise<void> {
    const file = this.#file as OpenFile;
    const tail = this.#tail as Tail;
    const { bytes } = group;
    let cause: unknown;
    try {
      const written = await file.write(bytes);
      if (written < bytes.length) {
        await appendRest(file, { bytes, start: tail.size, written, stillOwner });
      }
      this.#advance(tail, group);
      return;
    } catch (error) {
      cause = error;
    }
    const restored = await stillOwner().then(
      (owner) => owner && cutBack(file, tail.size, bytes),
      // Who cannot tell whether the lock is still his cuts nothing.
      () => false,
    );
    await (restored ? this.discard() : this.abandon());
    const next =
      tail.header.state === "header"
        ? "the next append closes them off"
        : "should that be half a header, repair the transcript or remove the file";
    const message = restored
      ? "the write failed; the file ends where it ended before"
      : `the write failed and its bytes could not be cut back; ${next}`;
    throw writeFailed(this.path, message, cause, restored);
  }

  #advance(before: Tail, group: LaidOut): void {
    const size = before.size + group.bytes.length;
    const anchor = group.anchor ?? before.anchor;
    this.#tail = {
      stat: before.stat,
      size,
      writtenAt: Date.now(),
      format: group.format,
      content: before.content,
      header: group.header ?? before.header,
      leaf: group.leaf,
      end: size,
      ...(anchor && { anchor }),
    };
    this.#fresh = false;
  }

  /** Whether the last group commit stands where it was laid out for: behind what it links to. */
  async stands(): Promise<boolean> {
    if (!this.#file || !this.#tail) return false;
    return stillStands(this.#file, await this.#file.stat(), this.#tail);
  }

  /** Notes a directory in which another was made for the file. */
  madeNameIn(directory: string): void {
    if (!this.#unsynced.includes(directory)) this.#unsynced.push(directory);
  }

  /** Hands over the open file, as of the last look; resolves to undefined when there is none. */
  async withFile<T>(work: (file: OpenFile, tail: Tail) => Promise<T>): Promise<T | undefined> {
    return this.#file && this.#tail ? work(this.#file, this.#tail) : undefined;
  }

  /**
   * Hands what was written to the medium; with the names of the directories that were made for it,
   * and that of the file, unless that was done: who made it, this process or another, may not have
   * got to it.
   *
   * @throws the operating system's error
   */
  async sync(): Promise<void> {
    await this.#file?.datasync();
    for (const directory of this.#unsynced) await syncNames(this.#fs, directory);
    this.#unsynced = [];
    const stat = this.#tail?.stat;
    if (stat === undefined) return;
    // Where birth does not tell, it may be another file by now, whose name was never handed over.
    if (this.#named && compareFiles(this.#named, stat) === "same") return;
    await syncWayTo(this.#fs, this.path);
    this.#named = stat;
  }

  /** Forgets all after a failure. */
  async abandon(): Promise<void> {
    this.#tail = undefined;
    this.#fresh = false;
    try {
      await this.close();
    } catch {
      // What led here is the error to report; the descriptor is gone whatever its close says.
    }
  }

  /** The same, and removes a file that was created for nothing: for the lock's owner alone. */
  async discard(): Promise<void> {
    const file = this.#file;
    try {
      if (file && this.#fresh && (await this.#isEmptyAt(file))) await this.#fs.unlink(this.path);
    } catch {
      // As above. An empty file that stays is a valid transcript.
    }
    await this.abandon();
  }

  /** Whether nobody wrote to the file, and the path still leads to it rather than to another. */
  async #isEmptyAt(file: OpenFile): Promise<boolean> {
    const stat = await file.stat();
    return stat.size === 0 && isSameFile(stat, await this.#fs.stat(this.path));
  }

  /**
   * Gives the descriptor back; the tail is kept, to be verified at the next look.
   *
   * @throws LeaflogError `LEAFLOG_WRITE_FAILED`; the descriptor is gone all the same
   */
  async close(): Promise<void> {
    await this.ahead.close();
    await this.#closeFile();
  }

  async #closeFile(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    try {
      await file?.close();
    } catch (cause) {
      throw writeFailed(this.path, "the file was closed with an error", cause, true);
    }
  }
}
