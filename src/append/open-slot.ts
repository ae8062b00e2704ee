import { Slots } from "../file/slots.js";

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

  /** Waits until fewer than `limit` are in use. Does nothing when it is taken already. */
  async take(): Promise<void> {
    if (this.#taken) return;
    this.#taken = true;
    if (slots.tryTake(this.#limit)) return;
    this.#waiting = true;
    await slots.take(this.#limit);
    this.#waiting = false;
  }

  /** Gives it to the next in line. Does nothing when it is not taken. */
  free(): void {
    if (!this.#taken) return;
    this.#taken = false;
    slots.free();
  }
}
