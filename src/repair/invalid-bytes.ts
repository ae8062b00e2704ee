import type { Extent } from "../read/verify/verify-report.js";
import type { Span } from "../scan/lines/line-facts.js";

/** Runs that are kept in mind: 16 MB. */
const MAX_RUNS = 1_048_576;

/** Bytes of a file that are no UTF-8, which a repair puts U+FFFD in place of. */
export class InvalidBytes {
  readonly #offsets: number[] = [];
  readonly #lengths: number[] = [];
  /** Whether there are more of them than are kept in mind: then none is replaced. */
  full = false;

  /** Whether there are any to be replaced. */
  get some(): boolean {
    return !this.full && this.#offsets.length > 0;
  }

  /** Takes the next. */
  add({ offset, length }: Extent): void {
    if (this.#offsets.length === MAX_RUNS) this.full = true;
    if (this.full) return;
    this.#offsets.push(offset);
    this.#lengths.push(length);
  }

  /** Those that begin in a range of the file. */
  *within({ start, end }: Span): Generator<Extent> {
    if (!this.some) return;
    for (let at = this.#first(start); at < this.#offsets.length; at += 1) {
      const offset = this.#offsets[at] as number;
      if (offset >= end) return;
      yield { offset, length: this.#lengths[at] as number };
    }
  }

  /** The first that begins at an offset or behind it. */
  #first(offset: number): number {
    let low = 0;
    let high = this.#offsets.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#offsets[middle] as number) < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
