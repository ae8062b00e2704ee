import type { LeaflogError } from "../../base/errors.js";
import { aborted } from "../../base/failures.js";

/** What ends the wait of work that has not begun. */
export interface Patience {
  readonly signal: AbortSignal | undefined;
  readonly timeoutMs: number;
  /** The error of a wait that took too long. */
  readonly timeoutError: () => Promise<LeaflogError>;
}

/** Thrown to work whose caller has been answered already. */
const GIVEN_UP = Symbol("given up");

/**
 * Runs work that waits its turn: when the signal is aborted or the time is over before it has begun,
 * the promise rejects at once, whatever it still waits for, and it never begins.
 *
 * @param run calls `begin` when its turn has come, which throws when it was given up meanwhile
 * @throws LeaflogError `LEAFLOG_ABORTED`; `timeoutError`; what `run` throws
 */
export function untilBegun<T>(
  { signal, timeoutMs, timeoutError }: Patience,
  file: string,
  run: (begin: () => void) => Promise<T>,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    let isGivenUp = false;
    const abort = (): void => {
      isGivenUp = true;
      forget();
      reject(aborted(signal as AbortSignal, file));
    };
    const timer = setTimeout(() => {
      isGivenUp = true;
      forget();
      timeoutError().then(reject, reject);
    }, timeoutMs);
    const forget = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    };
    signal?.addEventListener("abort", abort);
    if (signal?.aborted) abort();
    const begin = (): void => {
      if (isGivenUp) throw GIVEN_UP;
      forget();
    };
    const failed = (error: unknown): void => {
      if (error !== GIVEN_UP && !isGivenUp) reject(error);
    };
    run(begin).then(resolve, failed).finally(forget);
  });
}
