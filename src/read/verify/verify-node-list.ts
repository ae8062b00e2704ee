/**
 * How many there are, and the first of them in file order, each with a number that it has. Those
 * come last whose id another entry has.
 */
export interface NodeList {
  readonly total: number;
  readonly first: readonly { readonly node: number; readonly size: number }[];
}

/** A list that is being made. */
export class Listing implements NodeList {
  readonly #max: number;
  readonly first: { node: number; size: number }[] = [];
  total = 0;

  constructor(max: number) {
    this.#max = max;
  }

  add(node: number, size: number): void {
    this.total += 1;
    if (this.first.length < this.#max) this.first.push({ node, size });
  }
}
