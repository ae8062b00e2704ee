import type { FileToRead } from "../../file/file-system.js";
import { Pace } from "../../scan/lines/pace.js";
import { readFully } from "../../scan/lines/read-fully.js";

/** Pairs that may wait to be compared. */
const MAX_WAITING = 4096;
const WINDOW_BYTES = 65_536;

/** An entry that has the id of an earlier one. */
export interface DuplicatePair {
  /** Offset of the earlier entry's object, in bytes. */
  readonly earlier: number;
  /** Offset of the later entry's object, and its length, in bytes. */
  readonly offset: number;
  readonly length: number;
}

/** Compares entries that share an id, byte for byte, in the order in which they are handed over. */
export class DuplicateCheck {
  readonly #decided: (pair: DuplicatePair, same: boolean) => void;
  readonly #earlier: ReadWindow;
  readonly #later: ReadWindow;
  #waiting: DuplicatePair[] = [];

  constructor(file: FileToRead, decided: (pair: DuplicatePair, same: boolean) => void) {
    this.#decided = decided;
    this.#earlier = new ReadWindow(file);
    this.#later = new ReadWindow(file);
  }

  /** Whether `settle` should be called before more is added. */
  get isFull(): boolean {
    return this.#waiting.length >= MAX_WAITING;
  }

  add(pair: DuplicatePair): void {
    this.#waiting.push(pair);
  }

  async settle(signal?: AbortSignal): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = [];
    const pace = new Pace();
    for (const pair of waiting) {
      signal?.throwIfAborted();
      this.#decided(pair, await this.#isSame(pair));
      await pace.pause();
    }
  }

  /** The later object is whole, so that an earlier one that begins with its bytes is the same. */
  async #isSame({ earlier, offset, length }: DuplicatePair): Promise<boolean> {
    for (let at = 0; at < length; at += WINDOW_BYTES) {
      const bytes = Math.min(WINDOW_BYTES, length - at);
      const later = this.#later.held(offset + at, bytes) ?? (await this.#later.read(offset + at));
      const first =
        this.#earlier.held(earlier + at, bytes) ?? (await this.#earlier.read(earlier + at));
      if (!later.subarray(0, bytes).equals(first.subarray(0, bytes))) return false;
    }
    return true;
  }
}

/** The bytes that were read last: what is replayed comes in a row, as a rule. */
class ReadWindow {
  readonly #file: FileToRead;
  #buffer: Buffer | undefined;
  #from = 0;
  #to = 0;

  constructor(file: FileToRead) {
    this.#file = file;
  }

  /** At least `length` bytes from `offset` on; undefined when they are to be read. */
  held(offset: number, length: number): Buffer | undefined {
    if (offset < this.#from || offset + length > this.#to) return undefined;
    return this.#buffer?.subarray(offset - this.#from, this.#to - this.#from);
  }

  /** As much as there is from `offset` on, up to the size of the window. */
  async read(offset: number): Promise<Buffer> {
    this.#buffer ??= Buffer.allocUnsafe(WINDOW_BYTES);
    this.#from = offset;
    this.#to = offset;
    this.#to += await readFully(this.#file, this.#buffer, 0, WINDOW_BYTES, offset);
    return this.#buffer.subarray(0, this.#to - offset);
  }
}
