import { type FileStat, isSameFile } from "../../file/file-stat.js";
import type { FileSystem, OpenFile } from "../../file/file-system.js";
import type { Look } from "../../file/look.js";

/** An open file, and by what to tell whether it is the one at the path. */
export interface OpenedFile {
  readonly file: OpenFile;
  readonly stat: FileStat;
}

/**
 * Opens a file while its lock is being taken: one after the other would take twice as long. What
 * was opened counts when it is still at the path once the lock is had.
 */
export class OpenAhead {
  readonly #fs: FileSystem;
  readonly #path: string;
  #opening: Promise<OpenedFile | undefined> | undefined;
  #closing: Promise<unknown> | undefined;

  constructor(fs: FileSystem, path: string) {
    this.#fs = fs;
    this.#path = path;
  }

  begin(): void {
    // How that fails is told when the file is opened again, with the lock.
    this.#opening ??= this.#open().catch(() => undefined);
  }

  /**
   * Hands over what was opened, with a look of now, to who has the lock; undefined when that is not
   * the file at the path any more.
   */
  async take(look: Look): Promise<OpenedFile | undefined> {
    const opened = await this.#opening;
    if (opened === undefined) return undefined;
    const stat = await this.#lookAgain(opened.stat, look);
    if (stat === undefined) await this.close();
    this.#opening = undefined;
    return stat && { file: opened.file, stat };
  }

  async #lookAgain(then: FileStat, look: Look): Promise<FileStat | undefined> {
    try {
      const now = await look(this.#path, then.dev);
      return isSameFile(then, now) ? now : undefined;
    } catch {
      // The file is opened again, which tells why.
      return undefined;
    }
  }

  /** Closes what was opened for nothing, in the background. */
  drop(): void {
    const opening = this.#opening;
    if (opening === undefined) return;
    this.#opening = undefined;
    this.#closing = Promise.allSettled([
      this.#closing,
      // Nothing was done with the descriptor, which is gone whatever its close says.
      opening.then((opened) => opened?.file.close()),
    ]);
  }

  /** The same, and waits until all that was dropped is closed. */
  async close(): Promise<void> {
    this.drop();
    await this.#closing;
  }

  async #open(): Promise<OpenedFile> {
    const file = await this.#fs.open(this.#path, "append");
    try {
      return { file, stat: await file.stat() };
    } catch (error) {
      await file.close();
      throw error;
    }
  }
}
