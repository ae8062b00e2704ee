import type { BatchMark } from "../scan/lines/line-facts.js";

/**
 * Holds back what stands in a batch until the batch is whole: an interrupted batch is an abandoned
 * branch, and what only stands there does not count as appended.
 */
export class BatchRun<T> {
  #size = 0;
  #last = 0;
  #held: T[] = [];

  /**
   * Takes the next linked entry of the file.
   *
   * @returns what counts from here on
   */
  take(mark: BatchMark | undefined, item: T | undefined): readonly T[] {
    if (mark === undefined) {
      this.#held = [];
      this.#size = 0;
      return item === undefined ? [] : [item];
    }
    const goesOn = mark.size === this.#size && mark.index === this.#last + 1;
    const held = goesOn ? this.#held : [];
    if (item !== undefined) held.push(item);
    this.#size = mark.size;
    this.#last = mark.index;
    const whole = mark.index === mark.size - 1;
    this.#held = whole ? [] : held;
    return whole ? held : [];
  }

  /** What `take` would return; changes nothing. */
  foresee(mark: BatchMark | undefined, item: T | undefined): readonly T[] {
    const copy = new BatchRun<T>();
    copy.#size = this.#size;
    copy.#last = this.#last;
    copy.#held = [...this.#held];
    return copy.take(mark, item);
  }
}
