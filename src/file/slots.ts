interface Waiting {
  readonly limit: number;
  readonly admit: () => void;
}

/** The default of `maxOpenFiles`. */
export const MAX_OPEN_FILES = 64;

/** Of something, so many may be in use at once; who comes later stands in line. */
export class Slots {
  #used = 0;
  readonly #line: Waiting[] = [];

  /** How many stand in line. */
  get waiting(): number {
    return this.#line.length;
  }

  /** Takes one, unless `limit` are in use or others stand in line. */
  tryTake(limit: number): boolean {
    if (this.#used >= limit || this.#line.length > 0) return false;
    this.#used += 1;
    return true;
  }

  /**
   * Waits until fewer than `limit` are in use, and takes one.
   *
   * @throws the signal's reason, while it stands in line
   */
  async take(limit: number, signal?: AbortSignal): Promise<void> {
    if (this.tryTake(limit)) return;
    await new Promise<void>((resolve, reject) => {
      const waiting: Waiting = {
        limit,
        admit: () => {
          signal?.removeEventListener("abort", giveUp);
          resolve();
        },
      };
      const giveUp = (): void => {
        this.#line.splice(this.#line.indexOf(waiting), 1);
        reject(signal?.reason);
        // Those behind it may have a higher limit.
        this.#admit();
      };
      this.#line.push(waiting);
      signal?.addEventListener("abort", giveUp, { once: true });
    });
  }

  /** Gives one to the next in line. */
  free(): void {
    this.#used -= 1;
    this.#admit();
  }

  #admit(): void {
    while (this.#line[0] && this.#used < this.#line[0].limit) {
      this.#used += 1;
      this.#line.shift()?.admit();
    }
  }
}
