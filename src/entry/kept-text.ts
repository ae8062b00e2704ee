/** Bytes that many texts share: few enough that one text that stays does not keep much. */
const SLAB_BYTES = 64 * 1024;
/** Longer texts have bytes of their own. */
const SHARED_BYTES = SLAB_BYTES / 4;

let slab = Buffer.alloc(0);
let used = 0;

/**
 * Text that waits to be written, as UTF-8 outside the JavaScript heap. With many appends under way
 * their text is most of what is alive, and the garbage collector would copy it twice, in one go.
 */
export class KeptText {
  /** Bytes. */
  readonly length: number;
  readonly #slab: Buffer;
  readonly #start: number;

  /** @param length its bytes */
  constructor(text: string, length: number) {
    this.length = length;
    if (length > SHARED_BYTES) {
      this.#slab = Buffer.allocUnsafeSlow(length);
      this.#start = 0;
    } else {
      if (used + length > slab.length) {
        slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
        used = 0;
      }
      this.#slab = slab;
      this.#start = used;
      used += length;
    }
    this.#slab.write(text, this.#start);
  }

  /** Copies its bytes from `from` on to `at` of `target`. */
  copyTo(target: Buffer, at: number, from: number): void {
    this.#slab.copy(target, at, this.#start + from, this.#start + this.length);
  }

  /** The text from byte `from` on. */
  textFrom(from: number): string {
    return this.#slab.toString("utf8", this.#start + from, this.#start + this.length);
  }
}
