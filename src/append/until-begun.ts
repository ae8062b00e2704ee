import { aborted } from "./pending-calls.js";

/**
 * Runs work that waits its turn: when the signal is aborted before it has begun, the promise rejects
 * at once, whatever it still waits for, and it never begins.
 *
 * @param run calls `begin` when its turn has come, which throws when it was given up meanwhile
 * @throws LeaflogError `LEAFLOG_ABORTED`; what `run` throws
 */
export function untilBegun<T>(
  signal: AbortSignal | undefined,
  file: string,
  run: (begin: () => void) => Promise<T>,
): Promise<T> {
  if (signal === undefined) return run(() => undefined);
  return new Promise<T>((resolve, reject) => {
    const abort = (): void => reject(aborted(signal, file));
    const forget = (): void => signal.removeEventListener("abort", abort);
    signal.addEventListener("abort", abort);
    const begin = (): void => {
      if (signal.aborted) throw aborted(signal, file);
      forget();
    };
    run(begin).then(resolve, reject).finally(forget);
  });
}
