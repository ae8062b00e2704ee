/**
 * Random numbers from a seed: mulberry32. A property-testing library would shrink what it finds,
 * but makes some thousand inputs a second; here they are wanted by the hundred thousand.
 */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A whole number from 0 to one less than `limit`; 0 when there is none. */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  }

  pick<T>(choices: readonly [T, ...T[]]): T {
    return choices[this.below(choices.length)] as T;
  }
}

/** The seed that the environment asks for, else a new one. */
export function seedOf(variable: string): number {
  const asked = process.env[variable];
  return asked === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(asked);
}
