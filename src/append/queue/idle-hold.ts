/**
 * The moment for which the lock is kept when there is nothing to write, in case that more is to
 * come. One timer serves many of them: most end long before it, and to set one anew costs more than
 * the rest of an append's turn in the queue.
 */
export class IdleHold {
  readonly #ms: number;
  #timer: NodeJS.Timeout | undefined;
  /** `performance.now()` at which the wait is over. */
  #until = 0;
  #finish: ((isWoken: boolean) => void) | undefined;

  constructor(ms: number) {
    this.#ms = ms;
  }

  /** Resolves to true when it is woken, to false when the time is over or it is ended. */
  wait(): Promise<boolean> {
    if (this.#ms === 0) return Promise.resolve(false);
    this.#until = performance.now() + this.#ms;
    this.#timer ??= setTimeout(() => this.#expire(), this.#ms);
    return new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  /** There is something to write. */
  wake(): void {
    this.#end(true);
  }

  /** Others want the lock's turn, or it is to be given back. */
  end(): void {
    this.#end(false);
  }

  #end(isWoken: boolean): void {
    const finish = this.#finish;
    this.#finish = undefined;
    finish?.(isWoken);
  }

  /** Takes the timer back, whose wait is over. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #expire(): void {
    this.#timer = undefined;
    // Something is being written just now: the next wait sets the timer anew.
    if (this.#finish === undefined) return;
    const leftMs = Math.ceil(this.#until - performance.now());
    if (leftMs > 0) this.#timer = setTimeout(() => this.#expire(), leftMs);
    else this.#end(false);
  }
}
