import { IdHash } from "../../scan/id-hash.js";

/** Many small tables, so that no single growth is a long slice of work. */
const SHARDS = 256;
const FIRST_SLOTS = 4;
/** Share of the slots that may be taken. */
const FILL = 0.75;
/** Two halves of a hash, an offset and a length. */
const SLOT_BYTES = 24;
/** About what the objects of a shard take besides. */
const SHARD_BYTES = 512;

/** Where a line stands, in bytes. */
export interface Place {
  readonly offset: number;
  /** Without the newline. */
  readonly length: number;
}

/**
 * Where the line of each key stands, in 32 to 64 bytes a key whatever the keys' length. It keeps
 * 64-bit hashes, seeded anew for each table, rather than keys: what it finds has to be verified by
 * reading the line. Of lines with one key it keeps the last; of two keys with one hash, too, whose
 * chance is 2^-64 a pair.
 */
export class KeyTable {
  readonly #hash = new IdHash();
  readonly #shards: (Shard | undefined)[] = new Array(SHARDS);
  #bytes = 0;

  /** About how much memory it takes. */
  get bytes(): number {
    return this.#bytes;
  }

  find(key: string): Place | undefined {
    const { low, high } = this.#hash.take(key);
    return this.#shards[high >>> 24]?.find(low, high);
  }

  set(key: string, place: Place): void {
    const { low, high } = this.#hash.take(key);
    const index = high >>> 24;
    let shard = this.#shards[index];
    if (shard === undefined) {
      shard = new Shard();
      this.#shards[index] = shard;
      this.#bytes += SHARD_BYTES;
    }
    const before = shard.bytes;
    shard.set(low, high, place);
    this.#bytes += shard.bytes - before;
  }
}

/** Open addressing with linear probing. A slot is free as long as its length is 0. */
class Shard {
  #slots = FIRST_SLOTS;
  #hashes: Uint32Array = new Uint32Array(FIRST_SLOTS * 2);
  #places: Float64Array = new Float64Array(FIRST_SLOTS * 2);
  #taken = 0;

  get bytes(): number {
    return this.#taken === 0 ? 0 : this.#slots * SLOT_BYTES;
  }

  find(low: number, high: number): Place | undefined {
    const at = this.#slotOf(low, high) * 2;
    const length = this.#places[at + 1] as number;
    return length === 0 ? undefined : { offset: this.#places[at] as number, length };
  }

  set(low: number, high: number, place: Place): void {
    let slot = this.#slotOf(low, high);
    if (this.#places[slot * 2 + 1] === 0) {
      if (this.#taken + 1 > this.#slots * FILL) {
        this.#grow();
        slot = this.#slotOf(low, high);
      }
      this.#taken += 1;
    }
    this.#put(slot, low, high, place.offset, place.length);
  }

  #put(slot: number, low: number, high: number, offset: number, length: number): void {
    this.#hashes[slot * 2] = low;
    this.#hashes[slot * 2 + 1] = high;
    this.#places[slot * 2] = offset;
    this.#places[slot * 2 + 1] = length;
  }

  #slotOf(low: number, high: number): number {
    const mask = this.#slots - 1;
    let slot = low & mask;
    while (
      this.#places[slot * 2 + 1] !== 0 &&
      (this.#hashes[slot * 2] !== low || this.#hashes[slot * 2 + 1] !== high)
    ) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  #grow(): void {
    const hashes = this.#hashes;
    const places = this.#places;
    this.#slots *= 2;
    this.#hashes = new Uint32Array(this.#slots * 2);
    this.#places = new Float64Array(this.#slots * 2);
    for (let old = 0; old < places.length; old += 2) {
      const length = places[old + 1] as number;
      if (length === 0) continue;
      const low = hashes[old] as number;
      const high = hashes[old + 1] as number;
      this.#put(this.#slotOf(low, high), low, high, places[old] as number, length);
    }
  }
}
