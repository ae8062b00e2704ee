import type { FileStat } from "../../file/file-stat.js";
import type { FileToRead } from "../../file/file-system.js";
import { readFully } from "../lines/read-fully.js";

/** Bytes: as much as the search for the leaf reads first. */
const CHUNK_BYTES = 65_536;

/**
 * A file whose last bytes are read at once and then served from memory: they are what a look at the
 * end of a transcript asks for, more than once, while each read is a way to the disk and back.
 */
export class LastChunk implements FileToRead {
  readonly #file: FileToRead;
  readonly #from: number;
  readonly #bytes: Promise<Buffer>;

  /**
   * @param from byte before which nothing is going to be read
   * @param size bytes of the file
   */
  constructor(file: FileToRead, from: number, size: number) {
    this.#file = file;
    this.#from = Math.max(from, size - CHUNK_BYTES);
    this.#bytes = this.#readLast(size);
  }

  /** Resolves when the bytes are there; rejects when they cannot be read. */
  async ready(): Promise<void> {
    await this.#bytes;
  }

  stat(): Promise<FileStat> {
    return this.#file.stat();
  }

  async read(buffer: Buffer, offset: number, length: number, position: number): Promise<number> {
    if (position < this.#from) return this.#file.read(buffer, offset, length, position);
    const last = await this.#bytes;
    const start = position - this.#from;
    // Behind what there was: the file may have grown, or been cut.
    if (start >= last.length) return this.#file.read(buffer, offset, length, position);
    return last.copy(buffer, offset, start, start + length);
  }

  async #readLast(size: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafe(size - this.#from);
    return buffer.subarray(0, await readFully(this.#file, buffer, 0, buffer.length, this.#from));
  }
}
