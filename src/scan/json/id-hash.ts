import { randomBytes } from "node:crypto";

/** 64-bit hashes of ids, seeded anew for each instance. */
export class IdHash {
  readonly #seed: Buffer = randomBytes(8);
  readonly #seedLow: number = this.#seed.readUInt32LE(0);
  readonly #seedHigh: number = this.#seed.readUInt32LE(4);
  /** Both halves of the hash of the id that was taken last, as unsigned numbers. */
  low = 0;
  high = 0;

  /** Hashes an id; returns itself, so that the hash costs no object. */
  take(id: string): this {
    let low = this.#seedLow;
    let high = this.#seedHigh;
    for (let index = 0; index < id.length; index += 1) {
      const unit = id.charCodeAt(index);
      low = Math.imul(low ^ unit, 0xcc9e2d51);
      low = (low << 15) | (low >>> 17);
      high = Math.imul(high ^ unit, 0x1b873593);
      high = (high << 13) | (high >>> 19);
    }
    this.low = scatter(low ^ id.length ^ Math.imul(high, 0x9e3779b1));
    this.high = scatter(high ^ Math.imul(this.low, 0x85ebca6b));
    return this;
  }
}

function scatter(word: number): number {
  let mixed = word;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
