import type { FileStat } from "./file-stat.js";
import { isErrno } from "./is-errno.js";

/**
 * A transcript is a regular file: what a pipe or a device gives has no end that could be found, and
 * can be read once at most.
 *
 * @throws an error like the operating system's: EISDIR for a directory, EINVAL for all else
 */
export function ensureRegular({ kind }: FileStat): void {
  if (kind !== "file") throw irregular(kind);
}

/** What the system says when a socket, or a device without a driver, is opened. */
export function asIrregular(error: unknown): unknown {
  const isOther = isErrno(error, "ENXIO", "ENODEV", "EOPNOTSUPP");
  return isOther ? Object.assign(irregular("other"), { cause: error }) : error;
}

/** The error for a path at which no regular file is. */
export function irregular(kind: FileStat["kind"]): Error {
  const code = kind === "directory" ? "EISDIR" : "EINVAL";
  const what =
    kind === "directory"
      ? "a directory"
      : "no regular file (a pipe, a socket or a device): save what it gives to a file first";
  return Object.assign(new Error(`${code}: the transcript's path is ${what}`), { code });
}
