import type { TranscriptFormat } from "../../entry/transcript-format.js";
import { JsonTokenizer } from "../json/json-tokenizer.js";
import { ObjectExtents } from "../json/object-extents.js";
import { LineClassifier } from "../lines/line-classifier.js";
import type { LineFacts, Span } from "../lines/line-facts.js";

/** Longest record that is joined: it is held while it is. */
const MAX_RECORD_BYTES = 8_388_608;
/** So much of a list that is on one line is handed out at once. */
const GROUP_BYTES = 1_048_576;
/** New text of a record is looked at when there is so much of it. */
const LOOK_BYTES = 32_768;

const NEWLINE = 0x0a;
const RETURN = 0x0d;
const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
/** What JavaScript and Python write for numbers that JSON does not have. */
const NO_NUMBERS: ReadonlySet<string> = new Set(["NaN", "Infinity", "-Infinity"]);

/** A record that does not stand on one line as it is, and how it does. */
export interface JoinedRecord {
  /** Where it stands, in bytes from the start of what was pushed. */
  readonly at: Span;
  /** The record on one line, without a newline. */
  readonly text: Buffer;
  /** By that text: spans count in it. */
  readonly facts: LineFacts;
  /** Of what stands there, the bytes for which that text has null. */
  readonly lost: readonly Span[];
}

/** What has come of what was pushed so far. */
export type JoinState =
  /** A record, or a list, goes on. */
  | "open"
  /** What was pushed up to `end` is whole records and what a list has around them. */
  | "done"
  /** It is something else. */
  | "failed";

/**
 * Takes whole records out of lines that are not JSON by themselves: records over several lines, with
 * control characters that were not escaped or NaN for a number, and the elements of a list.
 */
export class RecordJoiner {
  state: JoinState = "open";
  readonly records: JoinedRecord[] = [];
  /** Behind the last byte that counts: where a newline stands, or the rest of a long line. */
  end = 0;
  /** Whether a newline stands there. */
  endsLine = true;
  /** Newlines before `end`. */
  newlines = 0;
  /** Whether a list is open. */
  inList: boolean;
  /** Whether there is anything that dissecting a line would not find as well. */
  touched = false;
  readonly #began: boolean;
  readonly #classifier: LineClassifier;
  readonly #tokenizer = new JsonTokenizer(new ObjectExtents());
  #position = 0;
  #start = 0;
  #depth = 0;
  #inText = false;
  #escaped = false;
  #word = "";
  #pieces: Buffer[] = [];
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #lost: Span[] = [];

  constructor(inList: boolean, format?: TranscriptFormat) {
    this.inList = inList;
    this.#began = inList;
    this.#classifier = new LineClassifier(format);
  }

  /** Goes on with the bytes from `start` to `end`; valid during the call alone. */
  push(bytes: Buffer, start: number, end: number): void {
    const shift = this.#position - start;
    let kept = start;
    for (let at = start; at < end && this.state === "open"; at += 1) {
      const byte = bytes[at] as number;
      this.#position = at + shift;
      if (this.#depth === 0) {
        this.#between(byte);
        kept = at + 1;
        continue;
      }
      const text = this.#replacement(byte);
      if (text !== undefined) {
        this.#keep(bytes, kept, at);
        this.#keep(Buffer.from(text), 0, text.length);
        kept = at + 1;
      }
      if (this.#depth > 0) continue;
      this.#keep(bytes, kept, at + 1);
      kept = at + 1;
      this.#endRecord();
    }
    if (this.state !== "open") return;
    this.#position = end + shift;
    if (this.#depth === 0) return;
    this.#keep(bytes, kept, end);
    if (this.#position - this.#start > MAX_RECORD_BYTES) this.state = "failed";
  }

  /** Ends the file, or the line alone. */
  finish(): void {
    if (this.state === "open" && this.#depth === 0 && this.#isSomething) this.#done();
  }

  /** Whether there are records, or it is the end of a list. */
  get #isSomething(): boolean {
    return this.records.length > 0 || (this.#began && !this.inList);
  }

  /** Goes past what stands between records. */
  #between(byte: number): void {
    if (byte === OPEN_BRACE) {
      this.endsLine = this.#position <= GROUP_BYTES || this.records.length === 0;
      if (this.endsLine) this.#beginRecord();
      else this.#done();
    } else if (byte === NEWLINE) {
      if (this.#isSomething) this.#done();
      else this.newlines += 1;
    } else if (byte === OPEN_BRACKET || byte === CLOSE_BRACKET) {
      this.touched = true;
      if (this.inList === (byte === OPEN_BRACKET)) this.state = "failed";
      this.inList = byte === OPEN_BRACKET;
    } else if (byte === COMMA) {
      this.touched = true;
      if (!this.inList && this.records.length === 0) this.state = "failed";
    } else if (byte !== RETURN && byte !== 0x20 && byte !== 0x09) this.state = "failed";
  }

  #done(): void {
    this.state = "done";
    this.end = this.#position;
  }

  #beginRecord(): void {
    this.#start = this.#position;
    this.#depth = 1;
    this.#inText = false;
    this.#escaped = false;
    this.#word = "";
    this.#pieces = [];
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#lost = [];
    this.#tokenizer.reset();
    this.#classifier.reset();
    this.#keep(Buffer.from("{"), 0, 1);
  }

  /** What takes a byte's place within a record; undefined where it stays. */
  #replacement(byte: number): string | undefined {
    if (this.#inText) return this.#inString(byte);
    const ending = this.#takeWord(byte);
    if (ending !== undefined) return `${ending}${this.#outside(byte) ?? String.fromCharCode(byte)}`;
    if (this.#word !== "") return "";
    return this.#outside(byte);
  }

  #inString(byte: number): string | undefined {
    if (byte < 0x20) {
      if (this.#escaped || byte === 0) this.state = "failed";
      this.touched = true;
      if (byte === NEWLINE) this.newlines += 1;
      return JSON.stringify(String.fromCharCode(byte)).slice(1, -1);
    }
    if (this.#escaped) this.#escaped = false;
    else if (byte === BACKSLASH) this.#escaped = true;
    else if (byte === QUOTE) this.#inText = false;
    return undefined;
  }

  /** Gathers the letters of a word; what is to be written of it, when it has ended. */
  #takeWord(byte: number): string | undefined {
    const isLetter = (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a);
    if (isLetter || (byte === MINUS && this.#word === "")) {
      this.#word += String.fromCharCode(byte);
      // No word of JSON is longer.
      if (this.#word.length > 16) this.state = "failed";
      return undefined;
    }
    if (this.#word === "") return undefined;
    const word = this.#word;
    this.#word = "";
    if (!NO_NUMBERS.has(word)) return word;
    this.touched = true;
    this.#lost.push({ start: this.#position - word.length, end: this.#position });
    return "null";
  }

  #outside(byte: number): string | undefined {
    if (byte === QUOTE) this.#inText = true;
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) this.#depth += 1;
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) this.#depth -= 1;
    else if (byte === NEWLINE) {
      this.touched = true;
      this.newlines += 1;
      return "";
    } else if (byte === RETURN) return "";
    else if (byte === 0) this.state = "failed";
    return undefined;
  }

  #keep(bytes: Buffer, start: number, end: number): void {
    if (end <= start) return;
    this.#waiting.push(Buffer.from(bytes.subarray(start, end)));
    this.#waitingBytes += end - start;
    if (this.#waitingBytes >= LOOK_BYTES || bytes[end] === NEWLINE) this.#look();
  }

  /** Looks at the text that has come since the last look: what breaks off is no record. */
  #look(): void {
    const text = Buffer.concat(this.#waiting);
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#pieces.push(text);
    this.#tokenizer.push(text, 0, text.length);
    this.#classifier.push(text);
    if (this.#tokenizer.brokenAt !== undefined) this.state = "failed";
  }

  #endRecord(): void {
    this.#look();
    const facts = this.#classifier.finish();
    const { kind, type } = facts;
    const isRecord = kind === "linked" || (kind !== "malformed" && type !== undefined);
    if (!isRecord || this.state !== "open") {
      this.state = "failed";
      return;
    }
    const at = { start: this.#start, end: this.#position + 1 };
    this.records.push({ at, text: Buffer.concat(this.#pieces), facts, lost: this.#lost });
    this.#pieces = [];
  }
}
