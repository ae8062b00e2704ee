import { AsyncResource } from "node:async_hooks";

/** What calls of one key wait for. */
export interface Look<T> {
  /**
   * Finds what they are admitted with.
   *
   * @param unwanted aborted when none of those who wait for it waits any more
   */
  find(unwanted: AbortSignal): Promise<T>;
  /** Told when all that waited for it have entered. */
  done(found: T): void;
}

/**
 * Lets calls in by key, in their order. Each is admitted with what a look has found that was begun
 * after the call; calls that come while a look is under way share the next one. A look that nobody
 * waits for any more is left alone, and the next one begun.
 */
export class Admission<T> {
  readonly #waiting = new Map<string, Caller<T>[]>();

  /**
   * Calls `enter` with what was found. All of one key enter at once, in the order of the calls,
   * each in the asynchronous context of its call.
   *
   * @param patience ends the wait: the call rejects with its reason, and does not enter
   */
  enter<R>(
    key: string,
    look: Look<T>,
    patience: AbortSignal,
    enter: (found: T) => Promise<R>,
  ): Promise<R> {
    return new Promise<R>((resolve, reject) => {
      const admit = AsyncResource.bind((found: T) => {
        // What is thrown at once rejects too.
        new Promise<R>((settle) => settle(enter(found))).then(resolve, reject);
      });
      const caller = new Caller(admit, reject, patience);
      const waiting = this.#waiting.get(key);
      if (waiting) {
        waiting.push(caller);
        return;
      }
      this.#waiting.set(key, [caller]);
      void this.#letIn(key, look);
    });
  }

  async #letIn(key: string, look: Look<T>): Promise<void> {
    for (;;) {
      // A turn of the microtask queue, so that what is called in one breath shares a look.
      await Promise.resolve();
      const group = (this.#waiting.get(key) ?? []).filter(({ left }) => !left);
      if (group.length === 0) break;
      this.#waiting.set(key, []);
      try {
        const found = await look.find(unwantedBy(group));
        for (const caller of group) caller.admit(found);
        look.done(found);
      } catch (error) {
        for (const caller of group) caller.refuse(error);
      }
    }
    this.#waiting.delete(key);
  }
}

/** A call that waits to be let in, until it is, or has no patience left. */
class Caller<T> {
  /** Whether it waits no more. */
  left = false;
  onLeave: (() => void) | undefined;
  readonly #admit: (found: T) => void;
  readonly #refuse: (error: unknown) => void;
  readonly #patience: AbortSignal;
  readonly #leave = (): void => {
    this.refuse(this.#patience.reason);
    this.onLeave?.();
  };

  constructor(admit: (found: T) => void, refuse: (error: unknown) => void, patience: AbortSignal) {
    this.#admit = admit;
    this.#refuse = refuse;
    this.#patience = patience;
    patience.addEventListener("abort", this.#leave);
    if (patience.aborted) this.#leave();
  }

  admit(found: T): void {
    if (this.#end()) this.#admit(found);
  }

  refuse(error: unknown): void {
    if (this.#end()) this.#refuse(error);
  }

  #end(): boolean {
    if (this.left) return false;
    this.left = true;
    this.#patience.removeEventListener("abort", this.#leave);
    return true;
  }
}

/** Aborted when the last of them has left. */
function unwantedBy<T>(group: readonly Caller<T>[]): AbortSignal {
  const unwanted = new AbortController();
  let waiting = group.length;
  for (const caller of group) {
    caller.onLeave = () => {
      waiting -= 1;
      if (waiting === 0) unwanted.abort();
    };
  }
  return unwanted.signal;
}
