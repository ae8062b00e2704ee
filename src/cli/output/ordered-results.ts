import type { AppendResult } from "../../append/call/append-result.js";
import { LineError } from "./exit-code.js";

/** Appends under way at once; more would only fill memory. */
const WINDOW = 1024;

/** Prints the results of appends in the order of the calls, each as soon as it is there. */
export class OrderedResults {
  readonly #print: (result: AppendResult) => void;
  readonly #underWay: Promise<void>[] = [];
  #last: Promise<void> = Promise.resolve();
  #failed = false;
  #printed = 0;
  #failure: LineError | undefined;

  constructor(print: (result: AppendResult) => void) {
    this.#print = print;
  }

  /** Whether an append failed. */
  get failed(): boolean {
    return this.#failed;
  }

  /** How many results were printed. */
  get printed(): number {
    return this.#printed;
  }

  /** Takes the append of an input line, and waits while too many are under way. */
  async add(line: number, result: Promise<AppendResult>): Promise<void> {
    result.catch(() => {
      this.#failed = true;
    });
    this.#last = this.#settle(line, result, this.#last);
    this.#underWay.push(this.#last);
    if (this.#underWay.length >= WINDOW) await this.#underWay.shift();
  }

  /**
   * Waits until all results are printed.
   *
   * @throws LineError for the first append that failed
   */
  async finish(): Promise<void> {
    await this.#last;
    if (this.#failure) throw this.#failure;
  }

  async #settle(line: number, result: Promise<AppendResult>, before: Promise<void>): Promise<void> {
    const [outcome] = await Promise.allSettled([result, before]);
    if (outcome.status === "fulfilled") {
      this.#print(outcome.value);
      this.#printed += 1;
    } else this.#failure ??= new LineError(line, outcome.reason);
  }
}
