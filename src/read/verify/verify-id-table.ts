import { IdHash } from "../../scan/json/id-hash.js";
import { NodeBlocks } from "./verify-node-blocks.js";

/** Many small tables, so that no single growth is a long slice of work. */
const SHARDS = 256;
const FIRST_SLOTS = 16;
const FILL = 0.75;

/**
 * Gives ids numbers: 0, 1, 2, … in the order in which they are first met. Takes 13 to 19 bytes an
 * id whatever its length: it keeps 64-bit hashes, seeded anew for each table, so that two ids are
 * taken for one with a chance of 2^-64 a pair (3 in 10^8 for a file of a million entries).
 */
export class IdTable {
  readonly #hash = new IdHash();
  readonly #lows = new NodeBlocks((length) => new Uint32Array(length));
  readonly #highs = new NodeBlocks((length) => new Uint32Array(length));
  /** Open addressing with linear probing; what a slot holds is the number + 1, 0 when free. */
  readonly #shards: (Uint32Array | undefined)[] = new Array(SHARDS);
  readonly #taken: Uint32Array = new Uint32Array(SHARDS);
  #size = 0;

  /** How many ids have a number. */
  get size(): number {
    return this.#size;
  }

  /** The number of an id; undefined when it has none. */
  find(id: string): number | undefined {
    const { low, high } = this.#hash.take(id);
    const slots = this.#shards[high >>> 24];
    const held = slots === undefined ? 0 : (slots[this.#slotOf(slots, low, high)] as number);
    return held === 0 ? undefined : held - 1;
  }

  /** The number of an id, which it is given if it has none. */
  take(id: string): number {
    const { low, high } = this.#hash.take(id);
    const shard = high >>> 24;
    let slots = this.#shards[shard] ?? new Uint32Array(FIRST_SLOTS);
    this.#shards[shard] = slots;
    let slot = this.#slotOf(slots, low, high);
    const held = slots[slot] as number;
    if (held !== 0) return held - 1;
    if ((this.#taken[shard] as number) + 1 > slots.length * FILL) {
      slots = this.#grow(shard, slots);
      slot = this.#slotOf(slots, low, high);
    }
    const number = this.#size;
    this.#size += 1;
    this.#taken[shard]! += 1;
    this.#lows.set(number, low);
    this.#highs.set(number, high);
    slots[slot] = number + 1;
    return number;
  }

  #slotOf(slots: Uint32Array, low: number, high: number): number {
    const mask = slots.length - 1;
    let slot = low & mask;
    for (;;) {
      const held = slots[slot] as number;
      if (held === 0) return slot;
      if (this.#lows.get(held - 1) === low && this.#highs.get(held - 1) === high) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #grow(shard: number, slots: Uint32Array): Uint32Array {
    const larger = new Uint32Array(slots.length * 2);
    this.#shards[shard] = larger;
    for (const held of slots) {
      if (held === 0) continue;
      const low = this.#lows.get(held - 1);
      larger[this.#slotOf(larger, low, this.#highs.get(held - 1))] = held;
    }
    return larger;
  }
}
