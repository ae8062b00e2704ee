import type { FileStat } from "../file/file-stat.js";
import type { FileToRead } from "../file/file-system.js";

/** What was, or is being, read before anybody asked for it. */
interface Ahead {
  readonly position: number;
  /** Where it begins in the buffer. */
  readonly start: number;
  /** Resolves to the bytes read; a failure shows when somebody asks for them. */
  readonly done: Promise<number>;
}

/**
 * Reads the next bytes of a file while the last ones are being worked on. For one reader that goes
 * forward, one read at a time.
 */
export class ReadAhead implements FileToRead {
  readonly #file: FileToRead;
  readonly #to: number;
  readonly #bytes: number;
  #buffer: Buffer | undefined;
  #ahead: Ahead | undefined;

  /**
   * @param to end of what will be asked for, in bytes
   * @param bytes how much to read ahead
   */
  constructor(file: FileToRead, to: number, bytes: number) {
    this.#file = file;
    this.#to = to;
    this.#bytes = bytes;
  }

  async read(buffer: Buffer, offset: number, length: number, position: number): Promise<number> {
    const taken = await this.#take(buffer, offset, length, position);
    const read = taken ?? (await this.#file.read(buffer, offset, length, position));
    // The rest of a longer read goes into the reader's buffer without a detour.
    if (read === length && this.#ahead === undefined) this.#begin(position + read);
    return read;
  }

  stat(): Promise<FileStat> {
    return this.#file.stat();
  }

  /** Waits for what is under way; to be called before the file is closed. */
  async end(): Promise<void> {
    const ahead = this.#ahead;
    this.#ahead = undefined;
    await ahead?.done.catch(() => 0);
  }

  async #take(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
  ): Promise<number | undefined> {
    const ahead = this.#ahead;
    if (ahead === undefined || this.#buffer === undefined) return undefined;
    if (position !== ahead.position) {
      await this.end();
      return undefined;
    }
    const read = await ahead.done;
    this.#ahead = undefined;
    const taken = Math.min(read, length);
    const start = ahead.start + taken;
    this.#buffer.copy(buffer, offset, ahead.start, start);
    if (taken < read) {
      this.#ahead = { position: position + taken, start, done: Promise.resolve(read - taken) };
    }
    return taken;
  }

  #begin(position: number): void {
    const length = Math.min(this.#bytes, this.#to - position);
    if (length <= 0) return;
    this.#buffer ??= Buffer.allocUnsafe(this.#bytes);
    const done = this.#file.read(this.#buffer, 0, length, position);
    // Whoever asks for these bytes hears of it; nobody may.
    done.catch(() => 0);
    this.#ahead = { position, start: 0, done };
  }
}
