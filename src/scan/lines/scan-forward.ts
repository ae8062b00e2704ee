import type { FileToRead } from "../../file/file-system.js";
import { LineDelivery } from "./line-delivery.js";
import { readFully } from "./read-fully.js";
import { type ScanRange, scanRange } from "./scan-range.js";
import type { LineVisitor, ScanOptions, ScanSteps } from "./scanned-line.js";

const NEWLINE = 0x0a;
/** Each read of a line that goes on is as long as what is held of it, up to this. */
const LONG_READ_BYTES = 1_048_576;

/**
 * Hands every line of a range to `visit`, first to last, in memory bounded by `maxChunkBytes` and
 * without holding the event loop for more than a few milliseconds. Lines end at the byte 0x0A
 * alone. What follows the last newline is a line with `terminated` false; when nothing follows it,
 * there is no such line. A file that ends before the range does ends the scan.
 *
 * @throws the error of a failed read, the signal's reason, or what `visit` throws.
 */
export async function scanForward(
  file: FileToRead,
  options: ScanOptions,
  visit: LineVisitor,
): Promise<void> {
  const scan = await startForward(file, options, visit);
  for (let more = true; more; ) more = await scan.step();
}

/** Begins what `scanForward` does; nothing is read before the first step. */
export async function startForward(
  file: FileToRead,
  options: ScanOptions,
  visit: LineVisitor,
): Promise<ScanSteps> {
  options.signal?.throwIfAborted();
  const range = await scanRange(file, options);
  return new ForwardScan(file, range, options, visit);
}

class ForwardScan implements ScanSteps {
  readonly #file: FileToRead;
  readonly #range: ScanRange;
  readonly #options: ScanOptions;
  readonly #delivery: LineDelivery;
  #buffer: Buffer = Buffer.alloc(0);
  /** The part of the current line that is held lies from `#start` to `#filled`. */
  #start = 0;
  #filled = 0;
  /** Newlines have been looked for up to here. */
  #sought = 0;
  /** Offset in the file of what is read next. */
  #position: number;
  /** Offset of the current line where it outgrew the buffer and is being classified as it comes. */
  #longOffset: number | undefined;
  #readBytes: number;
  /** Whether the file turned out to end before the range. */
  #cut = false;

  constructor(file: FileToRead, range: ScanRange, options: ScanOptions, visit: LineVisitor) {
    this.#file = file;
    this.#range = range;
    this.#options = options;
    this.#delivery = new LineDelivery(visit, options);
    this.#position = range.from;
    this.#readBytes = range.chunkBytes;
  }

  async step(): Promise<boolean> {
    if (this.#delivery.stopped) return false;
    if (this.#sought === this.#filled) {
      if (this.#cut || this.#position >= this.#range.to) {
        await this.#deliverRest();
        return false;
      }
      this.#options.signal?.throwIfAborted();
      await this.#read();
    }
    await this.#handOut();
    if (this.#delivery.stopped) return false;
    if (this.#sought === this.#filled) await this.#letGo();
    const ahead = this.#filled - this.#sought;
    this.#options.onProgress?.(this.#position - ahead - this.#range.from);
    if (this.#delivery.tired) await this.#delivery.rest();
    return true;
  }

  async #read(): Promise<void> {
    const wanted = this.#makeRoom();
    const start = this.#filled;
    const read = await readFully(this.#file, this.#buffer, start, start + wanted, this.#position);
    this.#position += read;
    this.#filled += read;
    this.#cut = read < wanted;
    this.#readBytes = Math.min(this.#readBytes * 2, this.#range.maxReadBytes);
  }

  async #deliverRest(): Promise<void> {
    if (this.#filled === this.#start && this.#longOffset === undefined) return;
    await this.#deliver(this.#filled, false);
    this.#start = this.#filled;
  }

  /** Moves the current line to the front and makes room behind it; how many bytes to read there. */
  #makeRoom(): number {
    const { to, maxChunkBytes } = this.#range;
    const held = this.#filled - this.#start;
    // One byte more than the longest line that is handed out with its bytes: its newline.
    const room = maxChunkBytes + 1 - held;
    const ample = Math.max(this.#readBytes, Math.min(held, LONG_READ_BYTES));
    const wanted = Math.min(ample, room, to - this.#position);
    if (this.#buffer.length < held + wanted) {
      const larger = Buffer.allocUnsafe(held + wanted);
      this.#buffer.copy(larger, 0, this.#start, this.#filled);
      this.#buffer = larger;
    } else if (this.#start > 0) {
      this.#buffer.copyWithin(0, this.#start, this.#filled);
    }
    this.#start = 0;
    this.#filled = held;
    this.#sought = held;
    return wanted;
  }

  /** Hands out the lines that end in the next of the bytes that have been read. */
  async #handOut(): Promise<void> {
    const until = Math.min(this.#filled, this.#sought + this.#range.maxReadBytes);
    const held = this.#buffer.subarray(0, until);
    let newline = held.indexOf(NEWLINE, this.#sought);
    this.#sought = until;
    while (newline !== -1) {
      const waiting = this.#deliver(newline, true);
      if (waiting !== undefined) await waiting;
      if (this.#delivery.stopped) return;
      this.#start = newline + 1;
      if (this.#delivery.tired) await this.#delivery.rest();
      newline = held.indexOf(NEWLINE, this.#start);
    }
  }

  /** Classifies what is held of the current line, where it is too long to be held whole. */
  async #letGo(): Promise<void> {
    const held = this.#filled - this.#start;
    if (this.#longOffset === undefined) {
      if (held <= this.#range.maxChunkBytes) return;
      this.#longOffset = this.#position - held;
      this.#delivery.begin(this.#longOffset);
    }
    await this.#delivery.classify(this.#buffer, this.#start, this.#filled);
    this.#start = this.#filled;
  }

  #deliver(end: number, terminated: boolean): void | Promise<void> {
    const offset = this.#position - (this.#filled - this.#start);
    if (this.#longOffset !== undefined) return this.#deliverLong(offset, end, terminated);
    return this.#delivery.deliver(this.#buffer, this.#start, end, offset, terminated);
  }

  async #deliverLong(heldOffset: number, end: number, terminated: boolean): Promise<void> {
    const offset = this.#longOffset ?? heldOffset;
    const length = heldOffset + (end - this.#start) - offset;
    await this.#delivery.classify(this.#buffer, this.#start, end);
    this.#longOffset = undefined;
    this.#delivery.deliverFacts(offset, length, terminated);
  }
}
