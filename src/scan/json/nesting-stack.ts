/** Levels that are followed; what nests deeper is malformed. One bit each: 128 KiB at most. */
const MAX_DEPTH = 1_048_576;

/** Which of the open containers are objects and which are arrays, innermost last. */
export class NestingStack {
  #bits: Uint8Array = new Uint8Array(64);
  #depth = 0;
  /** Whether the innermost container is an object; meaningless when none is open. */
  inObject = false;

  clear(): void {
    this.#depth = 0;
  }

  /** False when that is too deep. */
  open(object: boolean): boolean {
    const index = this.#depth >> 3;
    if (index === this.#bits.length) {
      if (this.#depth === MAX_DEPTH) return false;
      const grown = new Uint8Array(index * 2);
      grown.set(this.#bits);
      this.#bits = grown;
    }
    const bit = 1 << (this.#depth & 7);
    if (object) this.#bits[index]! |= bit;
    else this.#bits[index]! &= ~bit;
    this.#depth += 1;
    this.inObject = object;
    return true;
  }

  close(): void {
    this.#depth -= 1;
    const outer = this.#depth - 1;
    this.inObject = outer >= 0 && (this.#bits[outer >> 3]! & (1 << (outer & 7))) !== 0;
  }
}
