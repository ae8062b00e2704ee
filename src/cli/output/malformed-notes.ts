import type { MalformedLine } from "../../read/malformed-line.js";
import type { Console } from "./command.js";
import { many } from "./figures.js";
import { printable } from "./printable.js";

/** Lines that are remembered, so that none is counted twice; beyond them "at least" is said. */
const REMEMBERED = 10_000;

/** Says on stderr what a command that shows entries does not show. */
export class MalformedNotes {
  readonly #file: string;
  readonly #console: Console;
  readonly #offsets = new Set<number>();
  #first: MalformedLine | undefined;
  #isMore = false;

  constructor(file: string, console: Console) {
    this.#file = file;
    this.#console = console;
  }

  /** Counts a line. */
  readonly meet = (line: MalformedLine): void => {
    if (this.#first === undefined || line.offset < this.#first.offset) this.#first = line;
    if (this.#offsets.size < REMEMBERED) this.#offsets.add(line.offset);
    else this.#isMore = true;
  };

  /** Says at once that a line is not shown. */
  readonly tell = ({ offset, length }: MalformedLine): void => {
    this.#console.note(`leaflog: the line of ${length} bytes at ${offset} is no JSON: not shown`);
  };

  /**
   * Says how many lines were counted, if any.
   *
   * @param shown what of them is shown all the same
   */
  total(shown = ""): void {
    if (this.#first === undefined) return;
    const { offset, terminated } = this.#first;
    const least = this.#isMore ? "at least " : "";
    const what = many(this.#offsets.size, "line is", "lines are");
    const where = this.#offsets.size > 1 ? `the first at ${offset}` : `at ${offset}`;
    const torn = terminated ? "" : ", torn or still being written";
    this.#console.note(
      `leaflog: ${least}${what} no JSON and not shown${shown}, ${where}${torn}; leaflog verify ${printable(this.#file)} tells more`,
    );
  }
}
