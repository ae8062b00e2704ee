import type { FileStat } from "../../src/file/file-stat.js";
import type { OpenFile } from "../../src/file/file-system.js";

const readOnly = (): Promise<never> => Promise.reject(new Error("a memory file is only read"));

/** A file in memory, to be read; it counts what is read from it. */
export class MemoryFile implements OpenFile {
  /** Bytes that `read` handed out. */
  bytesRead = 0;
  /** Calls of `read`. */
  reads = 0;
  closed = false;
  /** Most bytes that one `read` hands out. */
  readonly #maxRead: number;
  readonly #content: Buffer;

  constructor(content: Buffer | string, maxRead: number = Number.POSITIVE_INFINITY) {
    this.#content = Buffer.from(content);
    this.#maxRead = maxRead;
  }

  async read(buffer: Buffer, offset: number, length: number, position: number): Promise<number> {
    const end = Math.min(position + Math.min(length, this.#maxRead), this.#content.length);
    const bytes = end <= position ? 0 : this.#content.copy(buffer, offset, position, end);
    this.reads += 1;
    this.bytesRead += bytes;
    return bytes;
  }

  async stat(): Promise<FileStat> {
    return {
      kind: "file",
      dev: 1n,
      ino: 1n,
      size: this.#content.length,
      mode: 0o600,
      uid: 0,
      gid: 0,
      mtimeNs: 0n,
      birthtimeNs: 0n,
    };
  }

  readonly write: () => Promise<never> = readOnly;
  readonly truncate: () => Promise<never> = readOnly;
  readonly chmod: () => Promise<never> = readOnly;
  readonly chown: () => Promise<never> = readOnly;
  readonly datasync: () => Promise<never> = readOnly;
  readonly sync: () => Promise<never> = readOnly;

  async close(): Promise<void> {
    this.closed = true;
  }
}
