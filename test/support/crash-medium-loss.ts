/** What becomes of file data that was not synced, when the power fails. */
export type DataFate =
  /** Nothing of it is left. */
  | "lost"
  /** All of it is there. */
  | "kept"
  /** The first of its bytes, in the order of the writes. */
  | "prefix"
  /** The size grew, and behind a prefix there are zeros in place of data. */
  | "zeros"
  /** The size grew, and of the sectors some are there and some are zeros. */
  | "sectors";

/** What becomes of names that were not synced. */
export type NameFate =
  | "lost"
  | "kept"
  /** The first operations, as a journal keeps them. */
  | "prefix"
  /** Any, except that those on one name are kept in their order. */
  | "subset";

/** How the power fails. All is decided by the numbers, so that a failing run can be shrunk. */
export interface PowerLoss {
  readonly data: DataFate;
  readonly names: NameFate;
  /** Bytes that reach the medium together. */
  readonly sectorBytes: number;
  /** Used up one after the other, then again from the first. */
  readonly picks: readonly number[];
}

/** Decides, pick by pick. */
export class Fate {
  readonly #loss: PowerLoss;
  #next = 0;

  constructor(loss: PowerLoss) {
    this.#loss = loss;
  }

  /** A whole number from 0 to `limit`, both included. */
  upTo(limit: number): number {
    const { picks } = this.#loss;
    const pick = picks[this.#next % picks.length] ?? 0;
    this.#next += 1;
    return pick % (limit + 1);
  }

  /** What is left of a file whose bytes were `synced` once and `live` last. */
  data(synced: Buffer, live: Buffer): Buffer {
    if (live.equals(synced)) return live;
    const common = commonLength(synced, live);
    // A file that was cut and not synced: the cut is on the medium or it is not.
    if (live.length <= common) return this.#isKept() ? live : synced;
    const base = common < synced.length && !this.#isKept() ? synced : synced.subarray(0, common);
    if (base.length > common) return base;
    return this.#grown(base, live);
  }

  /** Asked once for each of `count` operations on names, in their order: whether it is kept. */
  namesKept(count: number): () => boolean {
    const { names } = this.#loss;
    if (names === "subset") return () => this.upTo(1) === 1;
    let left = names === "kept" ? count : names === "prefix" ? this.upTo(count) : 0;
    return () => {
      left -= 1;
      return left >= 0;
    };
  }

  #isKept(): boolean {
    const { data } = this.#loss;
    return data === "kept" || (data !== "lost" && this.upTo(1) === 1);
  }

  #grown(base: Buffer, live: Buffer): Buffer {
    const { data, sectorBytes } = this.#loss;
    if (data === "lost") return base;
    if (data === "kept") return live;
    if (data === "sectors") return this.#withHoles(base, live, sectorBytes);
    const end = base.length + this.upTo(live.length - base.length);
    if (data === "prefix") return live.subarray(0, end);
    const grown = Buffer.alloc(end + this.upTo(live.length - end));
    live.copy(grown, 0, 0, end);
    return grown;
  }

  #withHoles(base: Buffer, live: Buffer, sectorBytes: number): Buffer {
    const grown = Buffer.alloc(live.length);
    base.copy(grown);
    for (let at = base.length; at < live.length; ) {
      const end = Math.min(live.length, at - (at % sectorBytes) + sectorBytes);
      if (this.upTo(1) === 1) live.copy(grown, at, at, end);
      at = end;
    }
    return grown;
  }
}

function commonLength(a: Buffer, b: Buffer): number {
  const length = Math.min(a.length, b.length);
  if (a.subarray(0, length).equals(b.subarray(0, length))) return length;
  let same = 0;
  while (a[same] === b[same]) same += 1;
  return same;
}
