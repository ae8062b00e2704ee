import type { BigIntStats } from "node:fs";

/** What leaflog looks at in a `stat`. */
export interface FileStat {
  readonly kind: "file" | "directory" | "other";
  readonly dev: bigint;
  readonly ino: bigint;
  /** Names that the file has. @default 1 */
  readonly nlink?: number;
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
  /** Time of the last change, that of mode and names included, in nanoseconds since 1970. */
  readonly ctimeNs?: bigint;
  /** Time of the last reading, in nanoseconds since 1970, as far as the file system keeps it. */
  readonly atimeNs?: bigint;
}

export function fileStat(stats: BigIntStats): FileStat {
  return {
    kind: stats.isFile() ? "file" : stats.isDirectory() ? "directory" : "other",
    dev: stats.dev,
    ino: stats.ino,
    nlink: Number(stats.nlink),
    size: Number(stats.size),
    mode: Number(stats.mode & 0o777n),
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    mtimeNs: stats.mtimeNs,
    birthtimeNs: stats.birthtimeNs,
    ctimeNs: stats.ctimeNs,
    atimeNs: stats.atimeNs,
  };
}

/** What two looks tell about whether they met one file. */
export type Sameness =
  | "same"
  | "another"
  /** Number and device agree, and no birth time decides: whatever else is known of the file has to. */
  | "unproven";

/** By what a file is told from others that have had its name, or its number. */
interface FileIdentity {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly birthtimeNs: bigint;
  /** Whether that is the time of birth for certain. */
  readonly isBirth: boolean;
}

/**
 * Compares two looks. A number alone says little: ext4 gives it to the next file at once. Birth
 * tells, but not everywhere: systems that keep none show 0, or the change time in its place, which
 * every write moves. A birth time that is not the change time is one.
 */
export function compareFiles(a: FileStat, b: FileStat): Sameness {
  return compare(identityOf(a), identityOf(b));
}

/** The identity of a file as a text that survives a restart. */
export function identityText(stat: FileStat): string {
  const { dev, ino, birthtimeNs, isBirth } = identityOf(stat);
  return `${dev}:${ino}:${birthtimeNs}${isBirth ? "" : "?"}`;
}

/** {@link compareFiles}, of a look whose {@link identityText} was kept. */
export function compareToText(text: string, stat: FileStat): Sameness {
  const [, dev, ino, birthtime, mark] = /^(\d+):(\d+):(-?\d+)(\??)$/.exec(text) ?? [];
  if (dev === undefined || ino === undefined || birthtime === undefined) return "another";
  const birthtimeNs = BigInt(birthtime);
  const then = { dev: BigInt(dev), ino: BigInt(ino), birthtimeNs, isBirth: mark === "" };
  return compare(then, identityOf(stat));
}

/** Whether two looks may have met one file: nothing says that they met two. */
export function isSameFile(a: FileStat, b: FileStat): boolean {
  return compareFiles(a, b) !== "another";
}

/** Whether two looks met one file, and nothing was written to it, nor its time set, in between. */
export function isUntouched(a: FileStat, b: FileStat): boolean {
  return isSameFile(a, b) && a.mtimeNs === b.mtimeNs && a.size === b.size;
}

function identityOf({ dev, ino, birthtimeNs, ctimeNs }: FileStat): FileIdentity {
  return { dev, ino, birthtimeNs, isBirth: birthtimeNs !== 0n && birthtimeNs !== ctimeNs };
}

function compare(a: FileIdentity, b: FileIdentity): Sameness {
  if (a.ino !== b.ino || a.dev !== b.dev) return "another";
  if (a.birthtimeNs === b.birthtimeNs) return a.birthtimeNs === 0n ? "unproven" : "same";
  return a.isBirth || b.isBirth ? "another" : "unproven";
}
