import { isWholeNumber, NUMBER_STARTS, NUMBER_STEPS } from "./json-number.js";
import {
  ARRAY,
  BOOLEAN,
  CAPTURE,
  DESCEND,
  type MemberSink,
  NULL,
  NUMBER,
  OBJECT,
  STRING,
  type ValueType,
} from "./member-sink.js";
import { NestingStack } from "./nesting-stack.js";
import { TextCapture } from "./text-capture.js";

// What comes next. Dense numbers, so that the switch becomes a jump table.
const VALUE = 0;
const FIRST_ELEMENT = 1;
const KEY = 2;
const FIRST_KEY = 3;
const COLON = 4;
const AFTER = 5;
const TEXT = 6;
const ESCAPE = 7;
const HEX = 8;
const LITERAL = 9;
const DIGITS = 10;
const BAD = 11;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

const TRUE_WORD = Buffer.from("true");
const FALSE_WORD = Buffer.from("false");
const NULL_WORD = Buffer.from("null");

const flags = (bytes: string): Uint8Array => {
  const table = new Uint8Array(256);
  for (const byte of Buffer.from(bytes)) table[byte] = 1;
  return table;
};
const IS_SPACE = flags(" \t\r\n");
const IS_ESCAPE = flags('"\\/bfnrtu');
const IS_HEX = flags("0123456789abcdefABCDEF");

/**
 * A validating JSON tokenizer over bytes that can stop between any two bytes and go on with the
 * next chunk. Its verdict is that of `JSON.parse(bytes.toString("utf8"))`: invalid UTF-8 counts as
 * U+FFFD, which is fine inside a string and nowhere else. Linear in the bytes, iterative, and never
 * holds more than one captured text.
 */
export class JsonTokenizer {
  readonly #sink: MemberSink;
  readonly #nesting = new NestingStack();
  readonly #capture = new TextCapture();
  #state = VALUE;
  #depth = 0;
  /** The sink hears of what begins at this depth, and of nothing deeper. */
  #watched = 0;
  #length = 0;
  #inKey = false;
  #keyAt = 0;
  /** LITERAL: the word and how many of its bytes have been met. HEX: digits still to come. */
  #word: Uint8Array = NULL_WORD;
  #count = 0;
  #numberStep = 0;
  #brokenAt: number | undefined;

  constructor(sink: MemberSink) {
    this.#sink = sink;
  }

  reset(): void {
    this.#state = VALUE;
    this.#depth = 0;
    this.#watched = 0;
    this.#length = 0;
    this.#nesting.clear();
    this.#capture.end();
    this.#brokenAt = undefined;
  }

  /** Counts bytes that are no part of the text. */
  skip(bytes: number): void {
    this.#length += bytes;
  }

  /** Whether nothing but white space has come so far. */
  get isBlank(): boolean {
    return this.#state === VALUE && this.#depth === 0;
  }

  /** Whether what has come so far is one whole JSON text. */
  get isWhole(): boolean {
    if (this.#depth !== 0) return false;
    return this.#state === AFTER || (this.#state === DIGITS && isWholeNumber(this.#numberStep));
  }

  /** Offset of the byte that cannot belong to the text; undefined while there is none. */
  get brokenAt(): number | undefined {
    return this.#brokenAt;
  }

  push(bytes: Buffer, start: number, end: number): void {
    const shift = this.#length - start;
    this.#length += end - start;
    if (this.#state === BAD) return;
    this.#capture.continueAt(start);
    this.#state = this.#run(bytes, start, end, shift);
    // What is too long to be held goes on unheld.
    if (this.#state !== BAD) this.#capture.carry(bytes, end);
  }

  #run(bytes: Buffer, start: number, end: number, shift: number): number {
    let state = this.#state;
    let at = start;
    while (at < end) {
      const byte = bytes[at]!;
      switch (state) {
        case TEXT: {
          let next = byte;
          while (next !== QUOTE && next !== BACKSLASH && next >= 0x20) {
            at += 1;
            if (at === end) return TEXT;
            next = bytes[at]!;
          }
          if (next < 0x20) return this.#breakAt(at + shift);
          at += 1;
          if (next === BACKSLASH) {
            this.#capture.escaped = true;
            state = ESCAPE;
          } else if (this.#inKey) {
            if (this.#capture.active) this.#takeKey(bytes, at - 1);
            state = COLON;
          } else {
            if (this.#depth === this.#watched) this.#endText(bytes, at - 1, at + shift);
            state = AFTER;
          }
          break;
        }

        case AFTER:
          at += 1;
          if (byte === COMMA && this.#depth > 0) {
            state = this.#nesting.inObject ? KEY : VALUE;
          } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
            if (!this.#close(byte, at + shift)) return this.#breakAt(at - 1 + shift);
          } else if (IS_SPACE[byte] === 0) return this.#breakAt(at - 1 + shift);
          break;

        case KEY:
        case FIRST_KEY:
          at += 1;
          if (byte === QUOTE) {
            this.#inKey = true;
            if (this.#depth === this.#watched) {
              this.#keyAt = at - 1 + shift;
              this.#capture.beginKey(at);
            }
            state = TEXT;
          } else if (byte === CLOSE_BRACE && state === FIRST_KEY) {
            if (!this.#close(byte, at + shift)) return this.#breakAt(at - 1 + shift);
            state = AFTER;
          } else if (IS_SPACE[byte] === 0) return this.#breakAt(at - 1 + shift);
          break;

        case COLON:
          at += 1;
          if (byte === 0x3a) state = VALUE;
          else if (IS_SPACE[byte] === 0) return this.#breakAt(at - 1 + shift);
          break;

        case VALUE:
        case FIRST_ELEMENT:
          at += 1;
          if (byte === QUOTE) {
            this.#inKey = false;
            this.#begin(STRING, at - 1 + shift, at);
            state = TEXT;
          } else if (byte === OPEN_BRACE) {
            this.#begin(OBJECT, at - 1 + shift, at);
            if (!this.#open(true)) return this.#breakAt(at - 1 + shift);
            state = FIRST_KEY;
          } else if (byte === OPEN_BRACKET) {
            this.#begin(ARRAY, at - 1 + shift, at);
            if (!this.#open(false)) return this.#breakAt(at - 1 + shift);
            state = FIRST_ELEMENT;
          } else if (NUMBER_STARTS[byte] !== 0) {
            this.#inKey = false;
            this.#begin(NUMBER, at - 1 + shift, at - 1);
            this.#numberStep = NUMBER_STARTS[byte]!;
            state = DIGITS;
          } else if (byte === 0x74 || byte === 0x66 || byte === 0x6e) {
            this.#begin(byte === 0x6e ? NULL : BOOLEAN, at - 1 + shift, at);
            this.#word = byte === 0x74 ? TRUE_WORD : byte === 0x66 ? FALSE_WORD : NULL_WORD;
            this.#count = 1;
            state = LITERAL;
          } else if (byte === CLOSE_BRACKET && state === FIRST_ELEMENT) {
            if (!this.#close(byte, at + shift)) return this.#breakAt(at - 1 + shift);
            state = AFTER;
          } else if (IS_SPACE[byte] === 0) return this.#breakAt(at - 1 + shift);
          break;

        case DIGITS: {
          let step = this.#numberStep;
          while (at < end) {
            const next = NUMBER_STEPS[(step << 8) | bytes[at]!]!;
            if (next === 0) break;
            step = next;
            at += 1;
          }
          this.#numberStep = step;
          if (at === end) return DIGITS;
          if (!isWholeNumber(step)) return this.#breakAt(at + shift);
          if (this.#depth === this.#watched) this.#endText(bytes, at, at + shift);
          state = AFTER;
          break;
        }

        case LITERAL:
          at += 1;
          if (byte !== this.#word[this.#count]) return this.#breakAt(at - 1 + shift);
          this.#count += 1;
          if (this.#count === this.#word.length) {
            if (this.#depth === this.#watched) this.#sink.end(this.#depth, at + shift);
            state = AFTER;
          }
          break;

        case ESCAPE:
          at += 1;
          if (IS_ESCAPE[byte] === 0) return this.#breakAt(at - 1 + shift);
          this.#count = 4;
          state = byte === 0x75 ? HEX : TEXT;
          break;

        default:
          at += 1;
          if (IS_HEX[byte] === 0) return this.#breakAt(at - 1 + shift);
          this.#count -= 1;
          if (this.#count === 0) state = TEXT;
      }
    }
    return state;
  }

  #breakAt(offset: number): number {
    this.#brokenAt = offset;
    return BAD;
  }

  #begin(type: ValueType, at: number, textStart: number): void {
    if (this.#depth !== this.#watched) return;
    const interest = this.#sink.value(this.#depth, type, at);
    if (interest === CAPTURE) this.#capture.beginValue(textStart);
    else if (interest === DESCEND) this.#watched += 1;
  }

  #open(object: boolean): boolean {
    this.#depth += 1;
    return this.#nesting.open(object);
  }

  /** Whether the bracket closes what is open, and what was open may end here. */
  #close(bracket: number, at: number): boolean {
    if (this.#depth === 0 || this.#nesting.inObject !== (bracket === CLOSE_BRACE)) return false;
    this.#depth -= 1;
    this.#nesting.close();
    if (this.#depth < this.#watched) this.#watched = this.#depth;
    if (this.#depth === this.#watched) this.#sink.end(this.#depth, at);
    return true;
  }

  #takeKey(bytes: Buffer, end: number): void {
    const capture = this.#capture;
    if (!capture.take(bytes, end)) return;
    const { start, stop, escaped } = capture;
    this.#sink.key(this.#depth, capture.bytes, start, stop, escaped, this.#keyAt);
  }

  /** Ends a watched string or number; the sink hears nothing of a text that is too long to be held. */
  #endText(bytes: Buffer, textEnd: number, at: number): void {
    const capture = this.#capture;
    const depth = this.#depth;
    if (capture.active && capture.take(bytes, textEnd)) {
      this.#sink.text(depth, capture.bytes, capture.start, capture.stop, capture.escaped);
    }
    this.#sink.end(depth, at);
  }
}
