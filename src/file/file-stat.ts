import type { BigIntStats } from "node:fs";

/** What leaflog looks at in a `stat`. */
export interface FileStat {
  readonly kind: "file" | "directory" | "other";
  readonly dev: bigint;
  readonly ino: bigint;
  /** Bytes. */
  readonly size: number;
  /** Permission bits, `0o777` at most. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Nanoseconds since 1970. */
  readonly mtimeNs: bigint;
  /** Nanoseconds since 1970; 0 where the file system keeps no birth time. */
  readonly birthtimeNs: bigint;
}

export function fileStat(stats: BigIntStats): FileStat {
  return {
    kind: stats.isFile() ? "file" : stats.isDirectory() ? "directory" : "other",
    dev: stats.dev,
    ino: stats.ino,
    size: Number(stats.size),
    mode: Number(stats.mode & 0o777n),
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    mtimeNs: stats.mtimeNs,
    birthtimeNs: stats.birthtimeNs,
  };
}

/** Whether two looks at a path met the same file. ext4 reuses inode numbers at once; birth tells. */
export function isSameFile(a: FileStat, b: FileStat): boolean {
  return a.ino === b.ino && a.dev === b.dev && a.birthtimeNs === b.birthtimeNs;
}
