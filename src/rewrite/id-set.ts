import { IdHash } from "../scan/json/id-hash.js";

/** Many small tables, so that no single growth is a long slice of work. */
const SHARDS = 256;
const FIRST_SLOTS = 16;
/** Share of the slots that may be taken. */
const FILL = 0.75;

/**
 * A set of ids, each with up to 8 marks, in 12 to 24 bytes an id whatever the ids' length.
 *
 * It keeps 64-bit hashes, seeded anew for each set. Two different ids are taken for one with a
 * chance of 2^-64 a pair: about 3 in 10^8 for a file of a million entries. All that a mix-up can
 * do is to have an entry given a new id that it did not need, or a `leaf` control entry obeyed
 * that names an id which is not there.
 */
export class IdSet {
  readonly #hash = new IdHash();
  readonly #shards: (Shard | undefined)[] = new Array(SHARDS);
  #size = 0;

  /** How many ids it has. */
  get size(): number {
    return this.#size;
  }

  /** The marks of an id; 0 when the set does not have it. */
  marks(id: string): number {
    const { low, high } = this.#hash.take(id);
    return this.#shards[high >>> 24]?.get(low, high) ?? 0;
  }

  /**
   * Adds marks to an id, and the id to the set.
   *
   * @param marks a bit pattern from 1 to 255
   * @returns the marks that it had before; 0 when it is new
   */
  mark(id: string, marks: number): number {
    const { low, high } = this.#hash.take(id);
    const index = high >>> 24;
    this.#shards[index] ??= new Shard();
    const before = this.#shards[index].mark(low, high, marks);
    if (before === 0) this.#size += 1;
    return before;
  }
}

/** Open addressing with linear probing. A slot is free as long as it has no marks. */
class Shard {
  #slots = FIRST_SLOTS;
  #words: Uint32Array = new Uint32Array(FIRST_SLOTS * 2);
  #marks: Uint8Array = new Uint8Array(FIRST_SLOTS);
  #taken = 0;

  get(low: number, high: number): number {
    return this.#marks[this.#find(low, high)] as number;
  }

  mark(low: number, high: number, marks: number): number {
    let slot = this.#find(low, high);
    const before = this.#marks[slot] as number;
    if (before === 0) {
      if (this.#taken + 1 > this.#slots * FILL) {
        this.#grow();
        slot = this.#find(low, high);
      }
      this.#taken += 1;
      this.#words[slot * 2] = low;
      this.#words[slot * 2 + 1] = high;
    }
    this.#marks[slot] = before | marks;
    return before;
  }

  #find(low: number, high: number): number {
    const mask = this.#slots - 1;
    let slot = low & mask;
    while (
      this.#marks[slot] !== 0 &&
      (this.#words[slot * 2] !== low || this.#words[slot * 2 + 1] !== high)
    ) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  #grow(): void {
    const words = this.#words;
    const marks = this.#marks;
    this.#slots *= 2;
    this.#words = new Uint32Array(this.#slots * 2);
    this.#marks = new Uint8Array(this.#slots);
    for (let old = 0; old < marks.length; old += 1) {
      if (marks[old] === 0) continue;
      const low = words[old * 2] as number;
      const high = words[old * 2 + 1] as number;
      const slot = this.#find(low, high);
      this.#words[slot * 2] = low;
      this.#words[slot * 2 + 1] = high;
      this.#marks[slot] = marks[old] as number;
    }
  }
}
