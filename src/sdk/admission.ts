import { AsyncResource } from "node:async_hooks";

/** What calls of one key wait for. */
export interface Look<T> {
  /** Finds what they are admitted with. */
  find(): Promise<T>;
  /** Told when all that waited for it have entered. */
  done(found: T): void;
}

interface Waiting<T> {
  readonly admit: (found: T) => void;
  readonly refuse: (error: unknown) => void;
}

/**
 * Lets calls in by key, in their order. Each is admitted with what a look has found that was begun
 * after the call; calls that come while a look is under way share the next one.
 */
export class Admission<T> {
  readonly #waiting = new Map<string, Waiting<T>[]>();

  /**
   * Calls `enter` with what was found. All of one key enter at once, in the order of the calls,
   * each in the asynchronous context of its call.
   */
  enter<R>(key: string, look: Look<T>, enter: (found: T) => Promise<R>): Promise<R> {
    return new Promise<R>((resolve, reject) => {
      const admit = AsyncResource.bind((found: T) => {
        // What is thrown at once rejects too.
        new Promise<R>((settle) => settle(enter(found))).then(resolve, reject);
      });
      const waiting = this.#waiting.get(key);
      if (waiting) {
        waiting.push({ admit, refuse: reject });
        return;
      }
      this.#waiting.set(key, [{ admit, refuse: reject }]);
      void this.#letIn(key, look);
    });
  }

  async #letIn(key: string, look: Look<T>): Promise<void> {
    for (;;) {
      // A turn of the microtask queue, so that what is called in one breath shares a look.
      await Promise.resolve();
      const group = this.#waiting.get(key) ?? [];
      if (group.length === 0) break;
      this.#waiting.set(key, []);
      try {
        const found = await look.find();
        for (const { admit } of group) admit(found);
        look.done(found);
      } catch (error) {
        for (const { refuse } of group) refuse(error);
      }
    }
    this.#waiting.delete(key);
  }
}
