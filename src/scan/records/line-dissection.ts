import type { TranscriptFormat } from "../../entry/transcript-format.js";
import { JsonTokenizer } from "../json/json-tokenizer.js";
import { ObjectExtents } from "../json/object-extents.js";
import { LineClassifier } from "../lines/line-classifier.js";
import type { LineFacts } from "../lines/line-facts.js";
import { type Beginning, isRecord, type LinePart } from "./line-part.js";

/** How far back from a break the record that caused it is looked for, in bytes. */
const LOOK_BACK = 64;
/** Bytes that a push has to bring, unless the line ends before. */
export const MIN_PUSH: number = LOOK_BACK + 1;

const QUOTE = 0x22;
const OPEN_BRACE = 0x7b;
const INSIDE: Buffer = Buffer.from(":,[");

/** What is done with the bytes that come next. */
type Step = "text" | "look" | "inner" | "seek";

/**
 * Takes a malformed line apart: whole records, which can be saved, and the bytes around them.
 *
 * A record that breaks off is followed at once by another one, as a rule. Wherever the cut went
 * through, no JSON goes on with `{"`, but for one place: where a value is due, which the next
 * record then seems to be. So a text is followed to the byte at which it breaks, and the next one
 * begins right there; a value that ends at the break, or with the line, is looked at once more.
 *
 * Bytes come in chunks: `wanted` is the offset of the next one, which may lie a little before
 * those that have been. Takes time linear in the length of the line, and memory independent of it.
 */
export class LineDissection {
  /** Offset, in the line, of the byte that is to be pushed next. */
  wanted = 0;
  done: boolean;
  readonly #length: number;
  readonly #emit: (part: LinePart) => void;
  readonly #extents = new ObjectExtents();
  readonly #tokenizer = new JsonTokenizer(this.#extents);
  readonly #classifier: LineClassifier;
  #step: Step = "text";
  /** Where the text at hand begins, and how it was come upon. */
  #textStart = 0;
  #beginning: Beginning = "boundary";
  /** Where it breaks off; the end of the line when it never does. */
  #breakAt = 0;
  /** Extent of the inner value to look at. */
  #innerStart = 0;
  #innerEnd = 0;
  /** What has not been handed out begins here. */
  #damageStart = 0;
  #sawNul = false;
  /** Whether the damage is more than a record that breaks off. */
  #sawOther = false;
  /** While seeking: the last byte before `wanted` that is no white space; 0 when unknown. */
  #before = 0;

  /**
   * @param length of the line in bytes
   * @param emit is handed the parts, which follow each other without a gap
   * @param format by whose names records are known
   */
  constructor(length: number, emit: (part: LinePart) => void, format?: TranscriptFormat) {
    this.#classifier = new LineClassifier(format);
    this.#length = length;
    this.#emit = emit;
    this.done = length === 0;
  }

  /**
   * Goes on with the bytes from `start` to `end`, of which the first is the one at `wanted`.
   * Fewer than `MIN_PUSH` may come only where the line ends.
   */
  push(bytes: Buffer, start: number, end: number): void {
    if (this.#step === "text") this.#follow(bytes, start, end);
    else if (this.#step === "look") this.#look(bytes, start);
    else if (this.#step === "inner") this.#readInner(bytes, start, end);
    else this.#seek(bytes, start, end);
  }

  #begin(at: number, beginning: Beginning): void {
    this.#textStart = at;
    this.#beginning = beginning;
    this.#extents.reset();
    this.#tokenizer.reset();
    this.#classifier.reset();
    this.#goOn("text", at);
  }

  #goOn(step: Step, wanted: number): void {
    this.#step = step;
    this.wanted = wanted;
    if (wanted >= this.#length && (step === "text" || step === "seek")) this.#finish();
  }

  #follow(bytes: Buffer, start: number, end: number): void {
    const pushed = this.wanted - this.#textStart;
    this.#tokenizer.push(bytes, start, end);
    const { brokenAt } = this.#tokenizer;
    const stop = brokenAt === undefined ? end : start + brokenAt - pushed;
    this.#classifier.push(bytes, start, stop);
    const at = this.wanted + stop - start;
    if (brokenAt === undefined && at < this.#length) {
      this.wanted = at;
      return;
    }
    this.#breakAt = at;
    if (this.#extents.textEnd >= 0) {
      this.#endWhole(this.#classifier.finish(), at < this.#length ? bytes[stop] : undefined);
      return;
    }
    if (!this.#extents.isObject) this.#sawOther = true;
    this.#goOn("look", Math.max(this.#textStart, at - LOOK_BACK));
  }

  /** The text was whole before it broke off. */
  #endWhole(facts: LineFacts, next: number | undefined): void {
    if (isRecord(facts, this.#beginning, next)) {
      this.#emitRecord(this.#textStart, facts);
    } else {
      this.#sawOther = true;
      this.#before = 0;
      this.#goOn("seek", this.#breakAt);
    }
  }

  #emitRecord(offset: number, facts: LineFacts): void {
    this.#emitDamage(offset);
    const end = this.#breakAt;
    this.#emit({ kind: "record", offset, length: end - offset, facts });
    this.#damageStart = end;
    this.#begin(end, "boundary");
  }

  #emitDamage(end: number): void {
    const offset = this.#damageStart;
    if (end > offset) {
      const reason = this.#sawNul ? "nul" : this.#sawOther ? "no-json" : "cut";
      this.#emit({ kind: "damage", offset, length: end - offset, reason });
    }
    this.#sawNul = false;
    this.#sawOther = false;
  }

  #finish(): void {
    this.#emitDamage(this.#length);
    this.done = true;
  }

  /** Looks at the bytes before a break, of which the first is at `start`. */
  #look(bytes: Buffer, start: number): void {
    const shift = start - this.wanted;
    const { innerStart, innerEnd } = this.#extents;
    const index = this.#breakAt + shift;
    if (innerEnd >= 0 && isSpace(bytes, this.#textStart + innerEnd + shift, start, index)) {
      this.#innerStart = this.#textStart + innerStart;
      this.#innerEnd = this.#textStart + innerEnd;
      this.#extents.reset();
      this.#classifier.reset();
      this.#goOn("inner", this.#innerStart);
      return;
    }
    if (this.#breakAt === this.#length) {
      this.#finish();
      return;
    }
    const found = opening(bytes, start, index);
    if (found !== -1 && found - shift > this.#textStart) {
      this.#begin(found - shift, "break");
      return;
    }
    const byte = bytes[index] as number;
    if (byte === 0) this.#sawNul = true;
    this.#sawOther = true;
    const passed = this.#breakAt === this.#textStart;
    this.#before = passed ? byte : 0;
    this.#goOn("seek", passed ? this.#breakAt + 1 : this.#breakAt);
  }

  /** Classifies the value that ended where the text breaks off. */
  #readInner(bytes: Buffer, start: number, end: number): void {
    let at = start;
    if (this.wanted < this.#innerEnd) {
      const stop = Math.min(end, start + this.#innerEnd - this.wanted);
      this.#classifier.push(bytes, start, stop);
      this.wanted += stop - start;
      if (this.wanted < this.#innerEnd) return;
      at = stop;
    }
    const index = at + this.#breakAt - this.#innerEnd;
    if (this.#breakAt === this.#length) this.#endInner(undefined);
    else if (index < end) this.#endInner(bytes[index]);
  }

  #endInner(next: number | undefined): void {
    const facts = this.#classifier.finish();
    if (isRecord(facts, "value", next)) this.#emitRecord(this.#innerStart, facts);
    else this.#goOn("look", Math.max(this.#textStart, this.#breakAt - LOOK_BACK));
  }

  /** Looks for the next `{"`. */
  #seek(bytes: Buffer, start: number, end: number): void {
    let at = bytes.subarray(0, end).indexOf(OPEN_BRACE, start);
    while (at !== -1 && at + 1 < end && !mayOpen(bytes[at + 1] as number)) {
      at = bytes.subarray(0, end).indexOf(OPEN_BRACE, at + 1);
    }
    const stop = at === -1 ? end : at;
    if (!this.#sawNul && bytes.subarray(start, stop).includes(0)) this.#sawNul = true;
    const before = lastOf(bytes, start, stop) || this.#before;
    if (at === -1) {
      this.#before = before;
      this.#goOn("seek", this.wanted + end - start);
    } else {
      this.#begin(this.wanted + at - start, INSIDE.includes(before) ? "value" : "found");
    }
  }
}

function isSpaceByte(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0d;
}

/** What may follow the `{` of a record. */
function mayOpen(byte: number): boolean {
  return byte === QUOTE || isSpaceByte(byte);
}

/** Whether all from `from`, which is held from `start` on alone, to `to` is white space. */
function isSpace(bytes: Buffer, from: number, start: number, to: number): boolean {
  if (from < start) return false;
  for (let at = from; at < to; at += 1) if (!isSpaceByte(bytes[at] as number)) return false;
  return true;
}

/** Index of the `{` of the record at whose first or second mark a text broke off; -1 if none. */
function opening(bytes: Buffer, start: number, brokenAt: number): number {
  if (bytes[brokenAt] === OPEN_BRACE) return brokenAt;
  let at = brokenAt - 1;
  if (bytes[at] === QUOTE) at -= 1;
  while (at > start && isSpaceByte(bytes[at] as number)) at -= 1;
  return at >= start && bytes[at] === OPEN_BRACE ? at : -1;
}

/** The last byte from `start` to `end` that is no white space; 0 if none. */
function lastOf(bytes: Buffer, start: number, end: number): number {
  let at = end - 1;
  while (at >= start && isSpaceByte(bytes[at] as number)) at -= 1;
  return at < start ? 0 : (bytes[at] as number);
}
