import { randomUUID } from "node:crypto";
import type { LockOptions } from "proper-lockfile";

type Lock = (file: string, options: LockOptions) => Promise<unknown>;
type Answer = (error: null, value?: { mtime: Date }) => void;

/** What is to be removed should the process end before proper-lockfile knows of it. */
const removals = new Set<() => void>();

/** The most that a timer takes. */
const NEVER_MS = 2 ** 31 - 1;
const LONG_AGO = new Date(0);

/**
 * Takes a lock on nothing, for good. proper-lockfile's handler of exits and signals is the one that
 * leaves other handlers alone, and all that it does is to remove the locks in its table: a lock
 * comes in there only when it is had, this one tells us of those that are just being made.
 */
export async function mindExit(lock: Lock): Promise<void> {
  const done = (...args: unknown[]) => (args.at(-1) as Answer)(null, { mtime: LONG_AGO });
  await lock(`leaflog:${randomUUID()}`, {
    realpath: false,
    stale: Number.MAX_SAFE_INTEGER,
    update: NEVER_MS,
    fs: { mkdir: done, stat: done, utimes: done, rmdir: done, rmdirSync: removeAll },
  });
}

/**
 * Runs `work`. Should the process exit meanwhile, or a signal end it, `remove` is called: it has to
 * be synchronous, and what it throws is lost.
 */
export async function removingAtExit<T>(remove: () => void, work: () => Promise<T>): Promise<T> {
  removals.add(remove);
  try {
    return await work();
  } finally {
    removals.delete(remove);
  }
}

function removeAll(): void {
  for (const remove of removals) {
    try {
      remove();
    } catch {
      // The process is ending; what stays goes stale.
    }
  }
}
