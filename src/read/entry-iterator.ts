import type { EntryRecord } from "../entry/entry.js";

/** What an {@link EntryIterator} takes its entries from. */
export interface EntrySupply {
  /** The next entry where it is at hand, needs no waiting, and may be handed out at once. */
  ready(): EntryRecord | undefined;
  /** All others, each when it is asked for; what `ready` gave in between is left out. */
  rest(): AsyncGenerator<EntryRecord, void, undefined>;
}

/**
 * Hands out what is at hand without the turns that an async generator takes for each value: half a
 * million entries come in a quarter less time. For the caller it is an async generator; calls that
 * do not wait for each other are answered in their order.
 */
export class EntryIterator implements AsyncIterableIterator<EntryRecord, void, undefined> {
  readonly #supply: EntrySupply;
  readonly #rest: AsyncGenerator<EntryRecord, void, undefined>;
  /** Calls that the generator has not answered. */
  #waiting = 0;

  constructor(supply: EntrySupply) {
    this.#supply = supply;
    this.#rest = supply.rest();
  }

  next(): Promise<IteratorResult<EntryRecord, void>> {
    const value = this.#waiting === 0 ? this.#supply.ready() : undefined;
    if (value !== undefined) return Promise.resolve({ value, done: false });
    return this.#wait(this.#rest.next());
  }

  return(): Promise<IteratorResult<EntryRecord, void>> {
    return this.#wait(this.#rest.return());
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #wait<T>(answer: Promise<T>): Promise<T> {
    this.#waiting += 1;
    try {
      return await answer;
    } finally {
      this.#waiting -= 1;
    }
  }
}
