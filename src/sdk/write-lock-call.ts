import { invalid } from "../base/arguments.js";
import { LeaflogError } from "../base/errors.js";
import { memberNames } from "../base/known-members.js";
import { unlessAborted } from "./calls/linked-signal.js";
import type { PluginCalls } from "./calls/plugin-calls.js";
import { PluginFailure } from "./calls/plugin-error.js";
import { readFunction, readOptions, readSignal, readTimeout } from "./host/plugin-arguments.js";
import type { TranscriptIdentity } from "./host/transcript-identity.js";
import { PluginTransaction, type TranscriptTransaction } from "./plugin-transaction.js";

/** Options of `withWriteLock`. */
export interface WriteLockCallOptions {
  /** Gives it up, as long as nothing has begun to be written, also while the callback runs. */
  readonly signal?: AbortSignal;
  /** Milliseconds for the host's answer, queue and lock, not for the callback. @default the host's, 30,000 */
  readonly timeoutMs?: number;
  /**
   * Whether the callback will call `appendOnce`: what has to be read for it is then read before the
   * lock is taken, instead of while everybody waits. @default false
   */
  readonly keyed?: boolean;
}

const CALL_MEMBERS = memberNames<WriteLockCallOptions>({
  signal: true,
  timeoutMs: true,
  keyed: true,
});

/**
 * Runs a plugin's callback with the lock held. Nothing is written before it has returned, so that it
 * can be left alone at any moment: when the host ends, the signal is aborted, or it takes too long.
 *
 * @throws LeaflogError for plugins; what the callback throws
 */
export async function withWriteLock<T>(
  calls: PluginCalls,
  identity: TranscriptIdentity,
  run: (tx: TranscriptTransaction) => T | Promise<T>,
  options: unknown,
): Promise<T> {
  readFunction("run", run);
  const given = readOptions("options", options, CALL_MEMBERS);
  const { keyed = false } = given;
  if (typeof keyed !== "boolean") throw invalid("keyed", keyed, "a boolean");
  const limits = { signal: readSignal(given.signal), timeoutMs: readTimeout(given.timeoutMs) };
  const terms = { identity, right: "append", ...limits } as const;
  return calls.run(terms, async (access, signal) => {
    const { transcript, maxHoldMs } = access;
    const transaction = new PluginTransaction(calls, identity, access);
    let published: ((done: boolean) => void) | undefined;
    let done = false;
    try {
      const value = await transcript.transaction(
        async (tx) => {
          const facade = transaction.facade(tx);
          try {
            const work = callOf(run, facade);
            return await unlessAborted(signal, withinMs(maxHoldMs, work));
          } finally {
            transaction.end();
            published = transaction.publishing();
          }
        },
        { signal, keyed, timeoutMs: access.timeLeft() },
      );
      done = true;
      return value;
    } finally {
      published?.(done);
    }
  });
}

async function callOf<T>(
  run: (tx: TranscriptTransaction) => T | Promise<T>,
  tx: TranscriptTransaction,
): Promise<T> {
  try {
    return await run(tx);
  } catch (error) {
    throw new PluginFailure(error);
  }
}

async function withinMs<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const message = `the callback kept the lock for longer than the host's maxHoldMs, ${ms} ms; nothing was written`;
      reject(new LeaflogError("LEAFLOG_TIMEOUT", message, { waitedMs: ms }));
    }, ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
