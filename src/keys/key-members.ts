import { KEY_MEMBER } from "../entry/encoded-entry.js";
import { JsonTokenizer } from "../scan/json/json-tokenizer.js";
import { KeyNames } from "../scan/json/key-names.js";
import {
  CAPTURE,
  DESCEND,
  type Interest,
  type MemberSink,
  OBJECT,
  SKIP,
  STRING,
  type ValueType,
} from "../scan/json/member-sink.js";
import { unescapedText } from "../scan/json/raw-text.js";
import { keyAmong } from "./idempotency-key.js";

const NONE = 0;
const MESSAGE = 1;
const KEY = 2;

const ENTRY_NAMES: KeyNames = new KeyNames({ message: MESSAGE, [KEY_MEMBER]: KEY });
const MESSAGE_NAMES: KeyNames = new KeyNames({ [KEY_MEMBER]: KEY });

/** Finds the key of one line after another; the bytes of a line come in chunks. */
export class KeyMembers implements MemberSink {
  readonly #tokenizer = new JsonTokenizer(this);
  #outerKey: string | undefined;
  #innerKey: string | undefined;
  #outer = NONE;
  #inner = NONE;

  /** Begins the next line. */
  reset(): void {
    this.#tokenizer.reset();
    this.#outerKey = undefined;
    this.#innerKey = undefined;
    this.#outer = NONE;
    this.#inner = NONE;
  }

  push(bytes: Buffer, start = 0, end: number = bytes.length): void {
    this.#tokenizer.push(bytes, start, end);
  }

  /**
   * The key of the line that was pushed; undefined when it has none, or one too long to be held.
   *
   * @param type the entry's
   */
  keyOf(type: string | undefined): string | undefined {
    if (!this.#tokenizer.isWhole) return undefined;
    return keyAmong(type === "message" ? this.#innerKey : undefined, this.#outerKey);
  }

  key(depth: number, bytes: Buffer, start: number, end: number, escaped: boolean): void {
    if (depth === 1) this.#outer = ENTRY_NAMES.find(bytes, start, end, escaped);
    else this.#inner = MESSAGE_NAMES.find(bytes, start, end, escaped);
  }

  value(depth: number, type: ValueType): Interest {
    if (depth === 0) return type === OBJECT ? DESCEND : SKIP;
    const member = depth === 1 ? this.#outer : this.#inner;
    if (member === MESSAGE) {
      this.#innerKey = undefined;
      return type === OBJECT ? DESCEND : SKIP;
    }
    if (member !== KEY) return SKIP;
    this.#set(depth, undefined);
    return type === STRING ? CAPTURE : SKIP;
  }

  text(depth: number, bytes: Buffer, start: number, end: number, escaped: boolean): void {
    const raw = bytes.toString("utf8", start, end);
    this.#set(depth, escaped ? unescapedText(raw) : raw);
  }

  end(depth: number): void {
    if (depth === 1) this.#outer = NONE;
    else this.#inner = NONE;
  }

  #set(depth: number, key: string | undefined): void {
    if (depth === 1) this.#outerKey = key;
    else this.#innerKey = key;
  }
}
