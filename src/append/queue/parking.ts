import type { Committer } from "../commit/committer.js";
import type { HeldFile } from "../held/held-file.js";

/** How long a caller may wait for the file's place, once it is done. */
export interface ParkingTerms {
  /** Whether it still wants to wait. */
  readonly wanted: () => boolean;
  /** Why it does not. */
  readonly refusal: () => Error;
}

/** Milliseconds that a caller may take without a further word. */
const PARK_MS = 50;

/**
 * Closes the file and gives up its place among those that the process has open while a caller takes
 * long with the lock held: so many callers that never come back would keep all others out. What
 * needs the file meanwhile opens it, and closes it again.
 */
export class Parking {
  readonly #committer: Committer;
  readonly #held: HeldFile;
  /** What happens to the open file, one after another. */
  #last: Promise<unknown> = Promise.resolve();
  #isParked = false;

  constructor(committer: Committer, held: HeldFile) {
    this.#committer = committer;
    this.#held = held;
  }

  /**
   * Runs what may take long. Afterwards the file has its place again; where it cannot have it, the
   * lock is given back, for others wait for both.
   *
   * @throws what `work` throws; the refusal of `terms`
   */
  async during<T>(work: () => Promise<T>, terms: ParkingTerms): Promise<T> {
    const timer = setTimeout(() => this.#park(), PARK_MS);
    let isDone = false;
    try {
      const value = await work();
      isDone = true;
      return value;
    } finally {
      clearTimeout(timer);
      await this.#inTurn(() => this.#unpark(isDone, terms));
    }
  }

  async #unpark(isDone: boolean, { wanted, refusal }: ParkingTerms): Promise<void> {
    if (!this.#isParked) return;
    this.#isParked = false;
    // Who failed has nothing to write, and waits for nothing.
    if (isDone && (await this.#held.takeSlot(wanted))) return;
    await this.#held.releaseOrWarn();
    if (isDone) throw refusal();
  }

  /** Runs what needs the file. */
  use<T>(work: () => Promise<T>): Promise<T> {
    return this.#inTurn(async () => {
      if (!this.#isParked) return work();
      await this.#committer.look();
      try {
        return await work();
      } finally {
        await this.#committer.close();
      }
    });
  }

  #park(): void {
    const parking = this.#inTurn(async () => {
      try {
        await this.#committer.close();
      } finally {
        // The descriptor is gone whatever its close says.
        this.#isParked = true;
        this.#held.freeSlot();
      }
    });
    // No call is left to be rejected: what was written was acknowledged before.
    parking.catch((error: Error) => process.emitWarning(error.message, "LeaflogWarning"));
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    // Who asked for it learns how it ended; the next one only waits for it.
    this.#last = done.catch(() => undefined);
    return done;
  }
}
