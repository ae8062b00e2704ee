/** Labels that are told apart; a file may have as many as it has entries. */
const MAX_LABELS = 1000;
const OTHER = "(other)";

/** Numbers for the labels of entries. */
export class LabelTable {
  readonly #numbers = new Map<string, number>();
  readonly #names: string[] = [];

  /** All of them, by their numbers. */
  get names(): readonly string[] {
    return this.#names;
  }

  take(label: string): number {
    const known = this.#numbers.get(label);
    if (known !== undefined) return known;
    if (this.#names.length >= MAX_LABELS && label !== OTHER) return this.take(OTHER);
    this.#numbers.set(label, this.#names.length);
    return this.#names.push(label) - 1;
  }

  name(number: number): string {
    return this.#names[number] ?? OTHER;
  }
}
