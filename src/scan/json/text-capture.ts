import { MAX_MEMBER_LENGTH } from "../../entry/limits.js";

/** The raw bytes of the longest member that counts, with each unit written as `\uXXXX`. */
const MAX_VALUE_BYTES = MAX_MEMBER_LENGTH * 6;

/** `firstKeptEntryIndex` with each of its 19 letters written as `\uXXXX`. */
const MAX_KEY_BYTES = 19 * 6;

const NOTHING: Buffer = Buffer.alloc(0);

/**
 * The raw text of one string or number while the tokenizer runs over it. Text within one chunk is
 * only pointed at; text that crosses into another chunk is copied, up to its limit.
 */
export class TextCapture {
  active = false;
  escaped = false;
  /** After `take`: the text is `bytes` from `start` to `stop`. */
  bytes: Buffer = NOTHING;
  start = 0;
  stop = 0;
  #from = 0;
  #limit = 0;
  #carried: Buffer = NOTHING;
  #carriedLength = 0;

  beginKey(from: number): void {
    this.#begin(from, MAX_KEY_BYTES);
  }

  beginValue(from: number): void {
    this.#begin(from, MAX_VALUE_BYTES);
  }

  end(): void {
    this.active = false;
    this.bytes = NOTHING;
  }

  /** The text goes on at `from` of the next chunk. */
  continueAt(from: number): void {
    this.#from = from;
  }

  /** Keeps what the chunk that ends at `end` holds of the text. False, and ended, when too long. */
  carry(bytes: Buffer, end: number): boolean {
    if (!this.active) return true;
    const length = this.#carriedLength + end - this.#from;
    if (length > this.#limit) {
      this.end();
      return false;
    }
    if (length > this.#carried.length) {
      const grown = Buffer.allocUnsafe(Math.min(this.#limit, Math.max(256, length * 2)));
      this.#carried.copy(grown, 0, 0, this.#carriedLength);
      this.#carried = grown;
    }
    bytes.copy(this.#carried, this.#carriedLength, this.#from, end);
    this.#carriedLength = length;
    return true;
  }

  /** The text ended before `end`. False when it is too long; ended in either case. */
  take(bytes: Buffer, end: number): boolean {
    if (this.#carriedLength === 0) {
      this.active = false;
      this.bytes = bytes;
      this.start = this.#from;
      this.stop = end;
      return end - this.#from <= this.#limit;
    }
    if (!this.carry(bytes, end)) return false;
    this.active = false;
    this.bytes = this.#carried;
    this.start = 0;
    this.stop = this.#carriedLength;
    return true;
  }

  #begin(from: number, limit: number): void {
    this.active = true;
    this.escaped = false;
    this.#from = from;
    this.#limit = limit;
    this.#carriedLength = 0;
  }
}
