import { hostname } from "node:os";
import type { LockOwner } from "../../errors.js";
import type { FileSystem, OpenFile } from "../../file/file-system.js";
import { isErrno } from "../../file/is-errno.js";
import { readText } from "./lock-text.js";

/**
 * Milliseconds of holding after which the note is written: whoever waits in vain waits for longer,
 * and most holds are over sooner and never pay for it.
 */
const WRITTEN_AFTER_MS = 20;

/**
 * The file beside a held lock that says who holds it, for the error message of whoever waits in
 * vain. Nothing is decided by it, so nothing that goes wrong with it may fail an append: errors end
 * in {@link OwnerNote.trouble}.
 */
export class OwnerNote {
  readonly path: string;
  readonly #fs: FileSystem;
  #writing: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  /** Whether there may be a note to remove; at first one that an earlier process left. */
  #expected = true;
  #trouble: unknown;

  constructor(fs: FileSystem, path: string) {
    this.#fs = fs;
    this.path = path;
  }

  /** The last error met with the note, for a debugger to look at. */
  get trouble(): unknown {
    return this.#trouble;
  }

  /**
   * To be called when the lock was had: the note is written if it is still held a little later.
   *
   * @param isOurs - whether the lock still is; asked before a note that is there is replaced.
   */
  begin(isOurs: () => Promise<boolean>): void {
    this.#timer = setTimeout(() => {
      this.#expected = true;
      this.#writing = this.#harmless(() => this.#write(isOurs));
    }, WRITTEN_AFTER_MS).unref();
  }

  /** To be called when the lock was found taken: its holder may leave a note when it dies. */
  expect(): void {
    this.#expected = true;
  }

  /** Removes the note, whoever wrote it. For the holder of the lock alone. */
  async remove(): Promise<void> {
    this.#stopTimer();
    await this.#writing;
    if (!this.#expected) return;
    await this.#harmless(async () => {
      try {
        await this.#fs.unlink(this.path);
      } catch (error) {
        if (!isErrno(error, "ENOENT")) throw error;
      }
      this.#expected = false;
    });
  }

  /** Removes the note if it is ours. For who lost the lock: the note may be the next owner's. */
  async removeOwn(): Promise<void> {
    this.#stopTimer();
    await this.#writing;
    await this.#harmless(async () => {
      if ((await readText(this.#fs, this.path)) === ownText()) await this.#fs.unlink(this.path);
    });
  }

  /** {@link remove}, at process exit. */
  removeSync(): void {
    try {
      this.#fs.unlinkSync(this.path);
    } catch (error) {
      this.#trouble = error;
    }
  }

  #stopTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  async #write(isOurs: () => Promise<boolean>): Promise<void> {
    const note = await this.#create(isOurs);
    if (note === undefined) return;
    try {
      await note.write(Buffer.from(ownText()));
    } finally {
      await note.close();
    }
  }

  async #create(isOurs: () => Promise<boolean>): Promise<OpenFile | undefined> {
    try {
      return await this.#fs.open(this.path, "create", 0o600);
    } catch (error) {
      if (!isErrno(error, "EEXIST")) throw error;
    }
    // Left by a holder that crashed, or made by the next owner while we were stopped.
    if (!(await isOurs())) return undefined;
    await this.#fs.unlink(this.path);
    return this.#fs.open(this.path, "create", 0o600);
  }

  async #harmless(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#trouble = error;
    }
  }
}

let text: string | undefined;

function ownText(): string {
  text ??= JSON.stringify({
    pid: process.pid,
    host: hostname(),
    // Of the process, not of the lock, whose age its directory tells: a pid may be used again.
    startedAt: new Date(performance.timeOrigin).toISOString(),
  } satisfies LockOwner);
  return text;
}
