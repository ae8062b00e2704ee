import { setImmediate } from "node:timers";

/** Writes that are handed over together, at most. */
const MAX_WRITES = 16;
/** Milliseconds that one waits for others, at most, while the thread runs on. */
const MAX_WAIT_MS = 0.5;

/**
 * Hands the writes of many files to the thread pool together. One after another, each would wake a
 * thread that fell asleep since the one before, which takes the main thread longer than all else
 * that an append does. Together they wake it once.
 */
export class WriteBursts {
  readonly #now: () => number;
  /** How many have come and are not over. */
  #underWay = 0;
  #waiting: (() => void)[] = [];
  /** Since when the first of them waits. */
  #since = 0;
  #isAwaited = false;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /**
   * Starts a write: at once where it is the only one, else when this turn of the event loop ends,
   * or sooner when enough have come.
   */
  add(start: () => void): void {
    this.#underWay += 1;
    if (this.#underWay === 1) {
      start();
      return;
    }
    if (this.#waiting.length === 0) this.#since = this.#now();
    this.#waiting.push(start);
    const isDue = this.#waiting.length === MAX_WRITES || this.#now() - this.#since >= MAX_WAIT_MS;
    if (isDue) this.#startAll();
    else this.#startLater();
  }

  /** To be called when a write is over. */
  remove(): void {
    this.#underWay -= 1;
  }

  #startLater(): void {
    if (this.#isAwaited) return;
    this.#isAwaited = true;
    // It comes when all that has ended in this turn has been told, and has led to the next writes.
    setImmediate(() => {
      this.#isAwaited = false;
      this.#startAll();
    });
  }

  #startAll(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const start of waiting) start();
  }
}
