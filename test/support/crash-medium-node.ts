import type { FileStat } from "../../src/file/file-stat.js";

let made = 0n;

/** A moment, in nanoseconds since 1970; later than every moment before. */
export function now(): bigint {
  made += 1n;
  return BigInt(Date.now()) * 1_000_000n + (made % 1_000_000n);
}

/** A file or a directory of a crash medium: what its names lead to. */
export class MediumNode {
  readonly kind: "file" | "directory";
  readonly ino: bigint;
  readonly birthtimeNs: bigint;
  mode: number;
  uid = 0;
  gid = 0;
  mtimeNs: bigint;
  /** File: its bytes, as programs see them; never changed in place. */
  live: Buffer = Buffer.alloc(0);
  /** File: its bytes as they were at the last sync. */
  synced: Buffer = Buffer.alloc(0);
  /** Directory: its names, as programs see them. */
  readonly names: Map<string, MediumNode> = new Map();
  /** Directory: its names as they were at the last sync. */
  readonly syncedNames: Map<string, MediumNode> = new Map();

  constructor(kind: "file" | "directory", mode: number, like?: MediumNode) {
    const time = now();
    this.kind = kind;
    this.mode = mode;
    this.ino = like?.ino ?? time;
    this.birthtimeNs = like?.birthtimeNs ?? time;
    this.mtimeNs = like?.mtimeNs ?? time;
  }

  stat(): FileStat {
    const { kind, ino, mode, uid, gid, mtimeNs, birthtimeNs } = this;
    return { kind, dev: 1n, ino, size: this.live.length, mode, uid, gid, mtimeNs, birthtimeNs };
  }

  /** Appends, as one `write` on an `O_APPEND` descriptor does. */
  append(bytes: Buffer): void {
    this.live = Buffer.concat([this.live, bytes]);
    this.mtimeNs = now();
  }

  truncate(length: number): void {
    const grown = Buffer.alloc(length);
    this.live.copy(grown);
    this.live = grown;
    this.mtimeNs = now();
  }

  sync(): void {
    this.synced = this.live;
  }
}
