import { type MemberNames, memberNames } from "../base/known-members.js";

/** The write lock, per file: the first handle of a process that opens the file sets it. */
export interface LockOptions {
  /**
   * Milliseconds without a sign of life after which a lock may be taken over.
   * @default 10_000 (at least 2,000)
   * @example { lock: { staleMs: 30_000 } } // on a machine that is suspended now and then
   */
  readonly staleMs?: number;
  /**
   * Milliseconds that an append may spend waiting for room, queue and lock together, when the call
   * names no `timeoutMs` of its own.
   * @default 30_000 (at most 2,147,483,647)
   * @example { lock: { timeoutMs: 2_000 } }
   */
  readonly timeoutMs?: number;
  /**
   * Milliseconds to keep the lock when there is nothing left to write. More saves locking, less is
   * kinder to other processes.
   * @default 5 (at most 2,147,483,647)
   * @example { lock: { idleMs: 0 } } // given back after each group commit
   */
  readonly idleMs?: number;
  /**
   * Milliseconds after which the lock is given to others who wait for it, work or not. Ten times
   * that where nobody is seen to wait, as other users and programs with a lock of their own making
   * are not, until one of those was met.
   * @default 100
   * @example { lock: { maxHoldMs: 20 } } // more turns for others, less throughput
   */
  readonly maxHoldMs?: number;
}

/** What `lock` takes. */
export const LOCK_MEMBERS: MemberNames<LockOptions> = memberNames<LockOptions>({
  staleMs: true,
  timeoutMs: true,
  idleMs: true,
  maxHoldMs: true,
});
