import type { FileToRead } from "../../file/file-system.js";
import { LineDelivery } from "./line-delivery.js";
import { readFully } from "./read-fully.js";
import { type ScanRange, scanRange } from "./scan-range.js";
import type { LineVisitor, ScanOptions, ScanSteps } from "./scanned-line.js";

const NEWLINE = 0x0a;

/**
 * Hands every line of a range to `visit`, last to first; the lines are those of `scanForward`, and
 * so are the bounds. The newline before a line is searched chunk by chunk in new bytes alone; a
 * line longer than `maxChunkBytes` is then read once more, forwards, to be classified. `from` has
 * to be the start of a line.
 *
 * @throws the error of a failed read, the signal's reason, what `visit` throws, or an `Error` when
 * the file ends before the range does.
 */
export async function scanBackward(
  file: FileToRead,
  options: ScanOptions,
  visit: LineVisitor,
): Promise<void> {
  const scan = await startBackward(file, options, visit);
  for (let more = true; more; ) more = await scan.step();
}

/** Begins what `scanBackward` does; nothing is read before the first step. */
export async function startBackward(
  file: FileToRead,
  options: ScanOptions,
  visit: LineVisitor,
): Promise<ScanSteps> {
  options.signal?.throwIfAborted();
  const range = await scanRange(file, options);
  return new BackwardScan(file, range, options, visit);
}

class BackwardScan implements ScanSteps {
  readonly #file: FileToRead;
  readonly #range: ScanRange;
  readonly #options: ScanOptions;
  readonly #delivery: LineDelivery;
  #buffer: Buffer = Buffer.alloc(0);
  /** The part of the current line that is held lies from `#start` to `#end`. */
  #start = 0;
  #end = 0;
  /** Offset in the file of the first byte held; what lies before it is still to be read. */
  #position: number;
  /** Whether a newline ends the current line. */
  #terminated = false;
  #readBytes: number;

  constructor(file: FileToRead, range: ScanRange, options: ScanOptions, visit: LineVisitor) {
    this.#file = file;
    this.#range = range;
    this.#options = options;
    this.#delivery = new LineDelivery(visit, options);
    this.#position = range.to;
    this.#readBytes = range.chunkBytes;
  }

  async step(): Promise<boolean> {
    if (this.#delivery.stopped) return false;
    const { from, to, maxChunkBytes, maxReadBytes } = this.#range;
    if (this.#position <= from) {
      await this.#deliverRest();
      return false;
    }
    this.#options.signal?.throwIfAborted();
    if (this.#end - this.#start > maxChunkBytes) {
      await this.#passLongLine();
      return !this.#delivery.stopped;
    }
    const wanted = this.#makeRoom();
    this.#position -= wanted;
    await this.#read(0, wanted, this.#position);
    await this.#handOut(wanted);
    if (this.#delivery.stopped) return false;
    this.#options.onProgress?.(to - this.#position);
    if (this.#delivery.tired) await this.#delivery.rest();
    this.#readBytes = Math.min(this.#readBytes * 2, maxReadBytes);
    return true;
  }

  /** Hands out the line that the range begins with. */
  async #deliverRest(): Promise<void> {
    if (this.#end - this.#start > this.#range.maxChunkBytes) await this.#passLongLine();
    else if (this.#terminated || this.#end > this.#start) await this.#deliver(this.#start);
    this.#end = this.#start;
    this.#terminated = false;
  }

  /** Moves the current line back and makes room before it; how many bytes to read there. */
  #makeRoom(): number {
    const { from, maxChunkBytes } = this.#range;
    const held = this.#end - this.#start;
    // One byte more than the longest line that is handed out with its bytes: the newline before it.
    const room = maxChunkBytes + 1 - held;
    const wanted = Math.min(this.#readBytes, room, this.#position - from);
    if (this.#buffer.length < wanted + held) {
      const larger = Buffer.allocUnsafe(wanted + held);
      this.#buffer.copy(larger, wanted, this.#start, this.#end);
      this.#buffer = larger;
    } else {
      this.#buffer.copyWithin(wanted, this.#start, this.#end);
    }
    this.#start = 0;
    this.#end = wanted + held;
    return wanted;
  }

  /** Hands out the lines that begin behind a newline in the first `fresh` bytes of the buffer. */
  async #handOut(fresh: number): Promise<void> {
    let newline = this.#newlineBefore(fresh);
    while (newline !== -1) {
      // The range's last newline ends a line, rather than to begin an empty one.
      if (this.#terminated || newline + 1 < this.#end) {
        const waiting = this.#deliver(newline + 1);
        if (waiting !== undefined) await waiting;
        if (this.#delivery.stopped) return;
      }
      this.#end = newline;
      this.#terminated = true;
      if (this.#delivery.tired) await this.#delivery.rest();
      newline = this.#newlineBefore(newline);
    }
  }

  /** Index of the last newline before `end`, -1 if none. */
  #newlineBefore(end: number): number {
    // A negative position would count from the end of the buffer.
    return end === 0 ? -1 : this.#buffer.lastIndexOf(NEWLINE, end - 1);
  }

  #deliver(start: number): void | Promise<void> {
    const offset = this.#position + start - this.#start;
    return this.#delivery.deliver(this.#buffer, start, this.#end, offset, this.#terminated);
  }

  /** Finds the start of a line that is too long to be held, and classifies it from there. */
  async #passLongLine(): Promise<void> {
    const lineEnd = this.#position + (this.#end - this.#start);
    const offset = await this.#lineStart();
    this.#delivery.begin(offset);
    for (let at = offset; at < lineEnd; ) {
      this.#options.signal?.throwIfAborted();
      const length = Math.min(this.#buffer.length, lineEnd - at);
      await this.#read(0, length, at);
      await this.#delivery.classify(this.#buffer, 0, length);
      at += length;
    }
    this.#delivery.deliverFacts(offset, lineEnd - offset, this.#terminated);
    // The newline before the line counts as met; without one the range has been gone through.
    this.#terminated = offset > this.#range.from;
    this.#position = this.#terminated ? offset - 1 : offset;
    this.#start = 0;
    this.#end = 0;
    this.#options.onProgress?.(this.#range.to - this.#position);
  }

  /** Offset of the current line, whose newline is nowhere in what is held. */
  async #lineStart(): Promise<number> {
    const { from } = this.#range;
    while (this.#position > from) {
      this.#options.signal?.throwIfAborted();
      const length = Math.min(this.#buffer.length, this.#position - from);
      this.#position -= length;
      await this.#read(0, length, this.#position);
      const newline = this.#newlineBefore(length);
      if (newline !== -1) return this.#position + newline + 1;
      await this.#delivery.rest();
    }
    return from;
  }

  async #read(start: number, end: number, position: number): Promise<void> {
    const read = await readFully(this.#file, this.#buffer, start, end, position);
    if (read < end - start) {
      throw new Error(
        `The file shrank while it was being read: it ends at ${position + read}, not at ${this.#range.to}`,
      );
    }
  }
}
