import { Slots } from "../../file/slots.js";

/** Milliseconds between two questions whether it is wanted still. */
const ASK_MS = 20;

/** Those of this process. */
const slots = new Slots();

/**
 * One transcript's place among the files that this process holds open to append. It is taken
 * before the lock is tried and given up while the lock is waited for, so that no number of stuck
 * transcripts keeps others out.
 */
export class OpenSlot {
  readonly #limit: number;
  #taken = false;
  #waiting = false;

  /** @param limit files that may be open when this one is opened */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Whether it waits for another to be given up. */
  get waiting(): boolean {
    return this.#waiting;
  }

  /**
   * Waits until fewer than `limit` are in use. Does nothing when it is taken already.
   *
   * @returns false when `wanted` said no before
   */
  async take(wanted: () => boolean): Promise<boolean> {
    if (this.#taken) return true;
    this.#taken = slots.tryTake(this.#limit);
    return this.#taken || this.#wait(wanted);
  }

  async #wait(wanted: () => boolean): Promise<boolean> {
    const unwanted = new AbortController();
    const timer = setInterval(() => {
      if (!wanted()) unwanted.abort();
    }, ASK_MS);
    this.#waiting = true;
    try {
      await slots.take(this.#limit, unwanted.signal);
      this.#taken = true;
    } catch (error) {
      if (!unwanted.signal.aborted) throw error;
    } finally {
      clearInterval(timer);
      this.#waiting = false;
    }
    return this.#taken;
  }

  /** Gives it to the next in line. Does nothing when it is not taken. */
  free(): void {
    if (!this.#taken) return;
    this.#taken = false;
    slots.free();
  }
}
