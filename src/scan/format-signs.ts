import {
  CLAUDE_CODE_AGENT,
  TRANSCRIPT_FORMATS,
  type TranscriptFormat,
} from "../entry/transcript-format.js";
import { JsonTokenizer } from "./json-tokenizer.js";
import { KeyNames } from "./key-names.js";
import {
  BOOLEAN,
  CAPTURE,
  DESCEND,
  type Interest,
  type MemberSink,
  OBJECT,
  SKIP,
  STRING,
  type ValueType,
} from "./member-sink.js";

const TYPE = 1;
const PARENT_ID = 2;
const PARENT_UUID = 4;
const SIDECHAIN = 8;
const PAYLOAD = 16;
const ID = 32;
const CLAUDE_NOTE = 64;
const MESSAGE_ID = 128;
const SNAPSHOT = 256;
/** What Claude Code's file history has, in any version. */
const FILE_HISTORY: number = MESSAGE_ID | SNAPSHOT;
const NAMES: KeyNames = new KeyNames({
  type: TYPE,
  id: ID,
  parentId: PARENT_ID,
  parentUuid: PARENT_UUID,
  isSidechain: SIDECHAIN,
  payload: PAYLOAD,
  sessionId: CLAUDE_NOTE,
  leafUuid: CLAUDE_NOTE,
  isSnapshotUpdate: CLAUDE_NOTE,
  messageId: MESSAGE_ID,
  snapshot: SNAPSHOT,
});
const CODEX_TYPES: ReadonlySet<string> = new Set([
  "session_meta",
  "response_item",
  "event_msg",
  "turn_context",
  "compacted",
]);
/** What tells `true` from `false`. */
const TRUE_BYTES = 4;

const { pi, codex, "claude-code": claudeCode } = TRANSCRIPT_FORMATS;

/**
 * By what lines show their format. A line may be cut or damaged: what stands at its start counts.
 */
export class FormatSigns implements MemberSink {
  readonly #tokenizer = new JsonTokenizer(this);
  /** The members that the line has. */
  #members = 0;
  #member = 0;
  #type = "";
  #valueAt = 0;
  #sidechain = false;
  #claudeNotes = false;

  /** Takes a line, or its start; the format, where that settles it. */
  see(bytes: Buffer): TranscriptFormat | undefined {
    this.#members = 0;
    this.#type = "";
    this.#sidechain = false;
    this.#tokenizer.reset();
    this.#tokenizer.push(bytes, 0, bytes.length);
    const members = this.#members;
    if (this.#type === "session" && (members & ID) !== 0) return pi;
    if ((members & PARENT_UUID) !== 0) return this.#sidechain ? CLAUDE_CODE_AGENT : claudeCode;
    if ((members & PARENT_ID) !== 0) return pi;
    if ((members & ID) !== 0) return undefined;
    if ((members & PAYLOAD) !== 0 && CODEX_TYPES.has(this.#type)) return codex;
    if ((members & CLAUDE_NOTE) !== 0 || (members & FILE_HISTORY) === FILE_HISTORY) {
      this.#claudeNotes = true;
    }
    return undefined;
  }

  /** What is likely, where no line settled it. */
  get likely(): TranscriptFormat | undefined {
    return this.#claudeNotes ? claudeCode : undefined;
  }

  key(_: number, bytes: Buffer, start: number, end: number, escaped: boolean): void {
    this.#member = NAMES.find(bytes, start, end, escaped);
    // A type is one when its value is a string, and a payload is an object.
    if (this.#member !== TYPE && this.#member !== PAYLOAD) this.#members |= this.#member;
  }

  value(depth: number, type: ValueType, at: number): Interest {
    if (depth === 0) return type === OBJECT ? DESCEND : SKIP;
    this.#valueAt = type === BOOLEAN ? at : -1;
    if (this.#member === PAYLOAD && type === OBJECT) this.#members |= PAYLOAD;
    return this.#member === TYPE && type === STRING ? CAPTURE : SKIP;
  }

  text(_: number, bytes: Buffer, start: number, end: number): void {
    this.#type = bytes.toString("utf8", start, end);
  }

  end(_: number, at: number): void {
    if (this.#member === SIDECHAIN) this.#sidechain = at - this.#valueAt === TRUE_BYTES;
  }
}
