/** Milliseconds of work between two turns of the event loop. */
const SLICE_MS = 3;

const immediate = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * Hands the event loop back by elapsed time rather than by count, so that a slice stays short on a
 * slow machine and costs nothing on a fast one.
 */
export class Pace {
  #sliceStart: number = performance.now();

  /** Whether the slice is used up. */
  get due(): boolean {
    return performance.now() - this.#sliceStart >= SLICE_MS;
  }

  /** To be awaited between two pieces of work that each take well under a slice. */
  async pause(): Promise<void> {
    if (!this.due) return;
    await immediate();
    this.#sliceStart = performance.now();
  }

  /** Marks that the event loop just had its turn, as after an awaited disk operation. */
  restart(): void {
    this.#sliceStart = performance.now();
  }
}
