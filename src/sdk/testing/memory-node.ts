import type { FileStat } from "../../file/file-stat.js";

let made = 0n;

/** A moment, in nanoseconds since 1970; later than every moment before. */
function now(): bigint {
  made += 1n;
  return BigInt(Date.now()) * 1_000_000n + (made % 1_000_000n);
}

/** A file or a directory in memory: what its names lead to. */
export class MemoryNode {
  readonly kind: "file" | "directory";
  readonly #birthtimeNs = now();
  mode: number;
  uid = 0;
  gid = 0;
  #mtimeNs: bigint = this.#birthtimeNs;
  /** The bytes are its first `#size`; there is room behind them, so that appending is cheap. */
  #buffer = Buffer.alloc(0);
  #size = 0;

  constructor(kind: "file" | "directory", mode: number) {
    this.kind = kind;
    this.mode = mode;
  }

  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#size);
  }

  stat(): FileStat {
    const { kind, mode, uid, gid } = this;
    const birthtimeNs = this.#birthtimeNs;
    // Two nodes are never made at one moment.
    const node = { dev: 1n, ino: birthtimeNs, birthtimeNs, mtimeNs: this.#mtimeNs };
    return { kind, mode, uid, gid, size: this.#size, ...node };
  }

  append(bytes: Buffer): void {
    const size = this.#size + bytes.length;
    if (size > this.#buffer.length) this.#grow(size * 2);
    bytes.copy(this.#buffer, this.#size);
    this.#size = size;
    this.#mtimeNs = now();
  }

  truncate(length: number): void {
    if (length > this.#buffer.length) this.#grow(length);
    if (length > this.#size) this.#buffer.fill(0, this.#size, length);
    this.#size = length;
    this.#mtimeNs = now();
  }

  touch(mtime: Date): void {
    this.#mtimeNs = BigInt(mtime.getTime()) * 1_000_000n;
  }

  #grow(capacity: number): void {
    const grown = Buffer.alloc(capacity);
    this.bytes.copy(grown);
    this.#buffer = grown;
  }
}
