import { Pace } from "./pace.js";

/** Work between two looks at the clock, in bytes. */
const WORK_BYTES = 8192;
/** What handing out a line or an entry costs besides its bytes. */
const HAND_OUT_WORK = 256;

/** Keeps the slices short in which lines are looked at or turned into entries. */
export class WorkPace {
  readonly #pace = new Pace();
  #work = 0;

  /** To be asked once for each line or piece of one: whether to await `rest` now. */
  isDue(bytes: number): boolean {
    this.#work += bytes + HAND_OUT_WORK;
    if (this.#work < WORK_BYTES) return false;
    this.#work = 0;
    return this.#pace.due;
  }

  rest(): Promise<void> {
    return this.#pace.pause();
  }

  /** Marks that the event loop just had its turn. */
  restart(): void {
    this.#pace.restart();
  }
}
