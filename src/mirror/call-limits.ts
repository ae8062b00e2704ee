import { LeaflogError } from "../base/errors.js";
import { aborted } from "../base/failures.js";

/** What ends a mirror call that has written nothing yet: its signal and its one deadline. */
export class CallLimits {
  readonly signal: AbortSignal | undefined;
  readonly #file: string;
  readonly #timeoutMs: number;
  readonly #begun = performance.now();

  /** @param timeoutMs of all of the call: hooks, queue and lock */
  constructor(file: string, timeoutMs: number, signal: AbortSignal | undefined) {
    this.#file = file;
    this.#timeoutMs = timeoutMs;
    this.signal = signal;
  }

  /**
   * Milliseconds until the deadline, at least 1.
   *
   * @throws LeaflogError `LEAFLOG_ABORTED`, `LEAFLOG_TIMEOUT`
   */
  get timeoutMs(): number {
    if (this.signal?.aborted) throw aborted(this.signal, this.#file);
    const left = this.#timeoutMs - (performance.now() - this.#begun);
    if (left <= 0) throw this.#late();
    return Math.max(1, Math.ceil(left));
  }

  /**
   * What a hook answers, unless signal or deadline come first: then nobody waits for it any more.
   *
   * @throws LeaflogError `LEAFLOG_ABORTED`, `LEAFLOG_TIMEOUT`; what the hook throws
   */
  async answerOf(name: string, hook: () => unknown): Promise<unknown> {
    const { signal, timeoutMs } = this;
    const answer = hook();
    if (!isThenable(answer)) return answer;
    let forget: (() => void) | undefined;
    const ended = new Promise<never>((_, reject) => {
      const abort = () => reject(aborted(signal as AbortSignal, this.#file));
      const timer = setTimeout(() => reject(this.#late(name)), timeoutMs);
      forget = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", abort);
      };
      if (signal?.aborted) abort();
      signal?.addEventListener("abort", abort);
    });
    try {
      return await Promise.race([answer, ended]);
    } finally {
      forget?.();
    }
  }

  #late(hook?: string): LeaflogError {
    const where = hook === undefined ? "before the write" : `while \`${hook}\` ran`;
    const message = `the deadline passed ${where}; nothing was written: try again, or raise timeoutMs`;
    const waitedMs = Math.round(performance.now() - this.#begun);
    return new LeaflogError("LEAFLOG_TIMEOUT", message, { file: this.#file, waitedMs });
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === "object" &&
    value !== null &&
    "then" in value &&
    typeof value.then === "function"
  );
}
