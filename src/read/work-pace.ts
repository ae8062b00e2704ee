import { Pace } from "../scan/pace.js";

/** Work between two looks at the clock, in bytes. */
const WORK_BYTES = 8192;
/** What handing out an entry costs besides its bytes. */
const ENTRY_WORK = 256;

/** Keeps the slices short in which a reader turns lines into entries. */
export class WorkPace {
  readonly #pace = new Pace();
  #work = 0;

  /** To be asked before a line is turned into an entry: whether to await `rest` first. */
  isDue(lineBytes: number): boolean {
    this.#work += lineBytes + ENTRY_WORK;
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
