import { createHash, randomUUID } from "node:crypto";
import { basename, dirname, join } from "node:path";

/** What the names of files may have, in bytes; on Windows in UTF-16 units. */
const LONGEST_NAME = 255;
/** As long as what is put behind the name of the file at most. */
const ROOM = ".lock.steal-01234567".length;

/** The names of a lock and of what may stand beside it. */
export interface LockNames {
  readonly lock: string;
  /** Of whoever removes a stale lock. */
  readonly guard: string;
  /** Of the note that says who has the lock. */
  readonly note: string;
}

/**
 * Names beside the file, in which all processes agree. The lock is `<file>.lock`, as other programs
 * have it too, as long as that can be a name; what would be too long has a hash in the file's place.
 */
export function lockNames(file: string): LockNames {
  const base = basename(file);
  const isShort = lengthOf(base) + ROOM <= LONGEST_NAME;
  const stem = isShort ? file : join(dirname(file), `.${hashOf(base)}`);
  const lock = lengthOf(`${base}.lock`) <= LONGEST_NAME ? `${file}.lock` : `${stem}.lock`;
  return { lock, guard: `${stem}.lock.steal`, note: `${stem}.lock.owner` };
}

/** A free name for what stood in the lock's place and is not to be deleted. */
export function asideName({ guard }: LockNames): string {
  return `${guard.slice(0, -".steal".length)}.old-${randomUUID().slice(0, 8)}`;
}

function hashOf(name: string): string {
  return createHash("sha256").update(name).digest("hex").slice(0, 32);
}

function lengthOf(name: string): number {
  return process.platform === "win32" ? name.length : Buffer.byteLength(name);
}
