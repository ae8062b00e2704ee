import { LineClassifier } from "./line-classifier.js";
import type { LineFacts } from "./line-facts.js";
import { lineText } from "./line-text.js";
import type { LineVisitor, ScannedLine, ScanOptions } from "./scanned-line.js";
import { WorkPace } from "./work-pace.js";

/** A line longer than this is classified in pieces, before the visitor meets it. */
const LONG_LINE_BYTES = 32_768;
/** Well under a millisecond of tokenizing, whatever the bytes. */
const PIECE_BYTES = 8192;

/** Hands the lines of one scan to its visitor, and the event loop its turns in between. */
export class LineDelivery {
  readonly #visit: LineVisitor;
  readonly #signal: AbortSignal | undefined;
  readonly #lazy: Exclude<ScanOptions["lazy"], undefined>;
  readonly #classifier: LineClassifier;
  readonly #pace = new WorkPace();
  /** Whether to await `rest` before the next line. */
  tired = false;
  /** Whether the visitor ended the scan. */
  stopped = false;

  constructor(visit: LineVisitor, { signal, lazy = false, format }: ScanOptions) {
    this.#classifier = new LineClassifier(format);
    this.#visit = visit;
    this.#signal = signal;
    this.#lazy = lazy;
  }

  /**
   * Gives the event loop a turn when the slice is used up.
   *
   * @throws the signal's reason.
   */
  async rest(): Promise<void> {
    this.tired = false;
    await this.#pace.rest();
    this.#signal?.throwIfAborted();
  }

  /** Hands over the line that `buffer` holds from `start` to `end`. */
  deliver(
    buffer: Buffer,
    start: number,
    end: number,
    offset: number,
    terminated: boolean,
  ): void | Promise<void> {
    if (end - start > LONG_LINE_BYTES) {
      return this.#deliverLong(buffer, start, end, offset, terminated);
    }
    this.#hand(new HeldLine(this.#classifier, buffer, start, end, offset, terminated));
  }

  /** Begins a line of which no more than a chunk is held; `classify` and `deliverFacts` follow. */
  begin(offset: number): void {
    this.#classifier.reset(offset === 0);
  }

  async classify(bytes: Buffer, start: number, end: number): Promise<void> {
    for (let at = start; at < end; at += PIECE_BYTES) {
      const stop = Math.min(end, at + PIECE_BYTES);
      this.#classifier.push(bytes, at, stop);
      if (this.#pace.isDue(stop - at)) await this.rest();
    }
  }

  /** Hands over the line that has been classified, without its bytes. */
  deliverFacts(offset: number, length: number, terminated: boolean): void {
    const facts = this.#classifier.finish();
    const absent = { bytes: undefined, text: () => undefined };
    this.#hand({ offset, length, terminated, ...absent, facts: () => facts });
  }

  async #deliverLong(
    buffer: Buffer,
    start: number,
    end: number,
    offset: number,
    terminated: boolean,
  ): Promise<void> {
    const line = new HeldLine(this.#classifier, buffer, start, end, offset, terminated);
    const lazy = typeof this.#lazy === "function" ? this.#lazy(line) : this.#lazy;
    if (!lazy) {
      this.begin(offset);
      await this.classify(buffer, start, end);
    }
    // What the visitor does with the bytes deserves a slice of its own.
    await this.rest();
    if (!lazy) line.classified = this.#classifier.finish();
    this.#hand(line);
  }

  #hand(line: ScannedLine): void {
    if (this.#visit(line) === false) this.stopped = true;
    if (this.#pace.isDue(line.length)) this.tired = true;
  }
}

class HeldLine implements ScannedLine {
  readonly #classifier: LineClassifier;
  readonly #buffer: Buffer;
  readonly #start: number;
  readonly offset: number;
  readonly length: number;
  readonly terminated: boolean;
  classified: LineFacts | undefined;

  constructor(
    classifier: LineClassifier,
    buffer: Buffer,
    start: number,
    end: number,
    offset: number,
    terminated: boolean,
  ) {
    this.#classifier = classifier;
    this.#buffer = buffer;
    this.#start = start;
    this.offset = offset;
    this.length = end - start;
    this.terminated = terminated;
  }

  get bytes(): Buffer {
    return this.#buffer.subarray(this.#start, this.#start + this.length);
  }

  text(): string {
    return lineText(this.#buffer, this.#start, this.#start + this.length, this.offset);
  }

  facts(): LineFacts {
    if (this.classified === undefined) {
      this.#classifier.reset(this.offset === 0);
      this.#classifier.push(this.#buffer, this.#start, this.#start + this.length);
      this.classified = this.#classifier.finish();
    }
    return this.classified;
  }
}
