import { IdHash } from "../scan/json/id-hash.js";

/** First bits of a hash, by which keys go to small tables: no growth is a long slice of work. */
const SHARD_BITS = 8;
/** Keys that one table holds: most files have so few that many tables would take more than they. */
const FEW_KEYS = 12_288;
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
  /** All keys, as long as they are few. */
  #few: Shard | undefined = new Shard();
  readonly #shards: (Shard | undefined)[] = [];
  #bytes = 0;

  /** About how much memory it takes. */
  get bytes(): number {
    return this.#few?.bytes ?? this.#bytes;
  }

  find(key: string): Place | undefined {
    const { low, high } = this.#hash.take(key);
    return (this.#few ?? this.#shards[high >>> (32 - SHARD_BITS)])?.find(low, high);
  }

  set(key: string, place: Place): void {
    const { low, high } = this.#hash.take(key);
    if (this.#few) this.#setFew(this.#few, low, high, place);
    else this.#set(low, high, place);
  }

  #setFew(few: Shard, low: number, high: number, place: Place): void {
    few.set(low, high, place);
    if (few.taken <= FEW_KEYS) return;
    this.#few = undefined;
    few.each((...slot) => this.#set(...slot));
  }

  #set(low: number, high: number, place: Place): void {
    const index = high >>> (32 - SHARD_BITS);
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

  /** How many keys it has. */
  get taken(): number {
    return this.#taken;
  }

  each(visit: (low: number, high: number, place: Place) => void): void {
    for (let slot = 0; slot < this.#places.length; slot += 2) {
      const length = this.#places[slot + 1] as number;
      if (length === 0) continue;
      const place = { offset: this.#places[slot] as number, length };
      visit(this.#hashes[slot] as number, this.#hashes[slot + 1] as number, place);
    }
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
