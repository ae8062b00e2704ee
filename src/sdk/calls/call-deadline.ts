import type { LeaflogError } from "../../base/errors.js";
import type { TranscriptIdentity } from "../host/transcript-identity.js";
import { toldError } from "./plugin-error.js";

/** Milliseconds for the host's answer to a call that names no deadline. */
const ANSWER_MS = 30_000;

/** The one deadline of a call: for its host, and for what comes after. */
export class CallDeadline {
  readonly #identity: TranscriptIdentity | undefined;
  readonly #timeoutMs: number | undefined;
  readonly #begun = performance.now();

  /**
   * @param identity named in its error
   * @param timeoutMs as the caller gave it
   */
  constructor(identity: TranscriptIdentity | undefined, timeoutMs: number | undefined) {
    this.#identity = identity;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * What is left of it, in milliseconds, at least 1.
   *
   * @param fallbackMs the deadline of calls that name none
   * @throws LeaflogError `LEAFLOG_TIMEOUT`
   */
  left(fallbackMs: number): number {
    const left = (this.#timeoutMs ?? fallbackMs) - (performance.now() - this.#begun);
    if (left <= 0) throw this.#late();
    return Math.max(1, Math.ceil(left));
  }

  /** Runs what is over when the host has answered, with a signal that ends it at the deadline too. */
  async whileHostAnswers<T>(
    signal: AbortSignal,
    work: (patience: AbortSignal, answered: () => void) => Promise<T>,
  ): Promise<T> {
    const controller = new AbortController();
    const abort = (): void => controller.abort(signal.reason);
    const timer = setTimeout(() => controller.abort(this.#late()), this.#timeoutMs ?? ANSWER_MS);
    const answered = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
    };
    signal.addEventListener("abort", abort);
    if (signal.aborted) abort();
    try {
      return await work(controller.signal, answered);
    } finally {
      answered();
    }
  }

  #late(): LeaflogError {
    const waitedMs = Math.round(performance.now() - this.#begun);
    const message =
      "the host did not say by the deadline where the transcript is; nothing was read or written: try again, raise timeoutMs, or ask its owner";
    return toldError("LEAFLOG_TIMEOUT", message, {
      ...(this.#identity && { identity: this.#identity }),
      waitedMs,
    });
  }
}
