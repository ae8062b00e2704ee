import {
  CLAUDE_CODE_AGENT,
  TRANSCRIPT_FORMATS,
  type TranscriptFormat,
} from "../entry/transcript-format.js";
import { JsonTokenizer } from "./json/json-tokenizer.js";
import { KeyNames } from "./json/key-names.js";
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
} from "./json/member-sink.js";

const TYPE = 1;
const PARENT_ID = 2;
const PARENT_UUID = 4;
const SIDECHAIN = 8;
const PAYLOAD = 16;
const ID = 32;
const CLAUDE_NOTE = 64;
const MESSAGE_ID = 128;
const SNAPSHOT = 256;
const ROLE = 512;
/** An entry that says whether it is beside the main chain. */
const MAIN: number = PARENT_UUID | SIDECHAIN;
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
  role: ROLE,
});
const PI_TYPES: ReadonlySet<string> = new Set([
  ...["session", "model_change", "thinking_level_change", "compaction", "branch_summary"],
  ...["custom", "custom_message", "label", "session_info", "leaf"],
]);
const CODEX_TYPES: ReadonlySet<string> = new Set([
  ...["session_meta", "response_item", "event_msg", "turn_context", "compacted"],
]);
/** What the first line of Factory's Droid is, whose further ones look like pi's. */
const FOREIGN_TYPE = "session_start";
/** What the types of Copilot's events have, which are linked as pi's entries are. */
const FOREIGN_MARK = ".";
/** Members that count when their value has come. */
const LATER: ReadonlySet<number> = new Set([TYPE, PAYLOAD, SIDECHAIN]);
/** What tells `true` from `false`. */
const TRUE_BYTES = 4;

const { pi, codex, "claude-code": claudeCode } = TRANSCRIPT_FORMATS;

/**
 * By what the lines of a file show its format. A line may be cut or damaged: what stands at its
 * start counts.
 */
export class FormatSigns implements MemberSink {
  readonly #tokenizer = new JsonTokenizer(this);
  /** The members that the line has. */
  #members = 0;
  #member = 0;
  #type = "";
  #valueAt = 0;
  /** Whether the line is an object that has members: without, it tells nothing. */
  #hasMembers = false;
  #sidechain = false;
  /** Whether entries beside a main chain came. */
  #asides = false;
  #claudeNotes = false;
  /** Lines of formats that leaflog knows, and whole objects of none. */
  #known = 0;
  #unknown = 0;
  #isForeign = false;

  /** Takes a line, or its start; the format, where that settles it. */
  see(bytes: Buffer): TranscriptFormat | undefined {
    this.push(bytes, 0, bytes.length);
    return this.shown ?? this.endLine();
  }

  /** The format of a line, or its start, by itself: what came before has no part in it. */
  formatOf(bytes: Buffer): TranscriptFormat | undefined {
    this.#asides = false;
    this.push(bytes, 0, bytes.length);
    const isEntry = (this.#members & PARENT_UUID) !== 0;
    const shown = this.shown ?? (isEntry && !this.#isForeign ? claudeCode : undefined);
    this.endLine();
    return shown;
  }

  /** Goes on with a line. */
  push(bytes: Buffer, start: number, end: number): void {
    this.#tokenizer.push(bytes, start, end);
  }

  /** The format, where what there is of the line settles it. */
  get shown(): TranscriptFormat | undefined {
    if (this.#isForeign) return undefined;
    const members = this.#members;
    if (this.#type === "session" && (members & ID) !== 0) return pi;
    if (this.#asides || (members & PARENT_UUID) !== 0) {
      return (members & MAIN) === MAIN && !this.#sidechain ? claudeCode : undefined;
    }
    if ((members & PARENT_ID) !== 0) return this.#type.includes(FOREIGN_MARK) ? undefined : pi;
    if ((members & ID) !== 0) return undefined;
    return (members & PAYLOAD) !== 0 && CODEX_TYPES.has(this.#type) ? codex : undefined;
  }

  /** Ends the line; the format, where the whole line settles it. */
  endLine(): TranscriptFormat | undefined {
    const isEntry = (this.#members & PARENT_UUID) !== 0;
    const isMain = isEntry && !this.#sidechain && this.#tokenizer.isWhole;
    const shown = this.shown ?? (isMain && !this.#isForeign ? claudeCode : undefined);
    const isOfUse = this.#isPi || this.#isClaudeNote || isEntry || shown !== undefined;
    if (isOfUse) this.#known += 1;
    else if (this.#hasMembers && this.#tokenizer.isWhole) this.#unknown += 1;
    if (isEntry && this.#sidechain) this.#asides = true;
    // Of an entry that is cut nobody knows whether it is beside the main chain.
    if (isEntry || this.#isClaudeNote) this.#claudeNotes = true;
    if (this.#known === 0 && this.#type === FOREIGN_TYPE) this.#isForeign = true;
    this.#members = 0;
    this.#type = "";
    this.#hasMembers = false;
    this.#sidechain = false;
    this.#tokenizer.reset();
    return shown;
  }

  /** What is likely, where no line settled it. */
  get likely(): TranscriptFormat | undefined {
    if (this.isForeign) return undefined;
    if (this.#asides) return CLAUDE_CODE_AGENT;
    return this.#claudeNotes ? claudeCode : undefined;
  }

  /**
   * Whether entries were seen, but none of a main chain, which may be still to come: a session may
   * begin with what an agent did.
   */
  get isUndecided(): boolean {
    return this.#asides || (this.#members & PARENT_UUID) !== 0;
  }

  /** Whether nothing was seen that tells anything. */
  get isSilent(): boolean {
    return this.#known + this.#unknown === 0 && !this.#isPi && !this.#isClaudeNote;
  }

  /** Whether all that was seen, and something was, is of formats that leaflog does not know. */
  get isForeign(): boolean {
    return this.#isForeign || (this.#known === 0 && this.#unknown > 0);
  }

  /** Whether the line is one of pi's, though such lines alone do not settle it. */
  get #isPi(): boolean {
    // The flat lines of old rollouts of Codex have the role beside the type.
    if (this.#type === "message") return (this.#members & ROLE) === 0;
    return PI_TYPES.has(this.#type);
  }

  get #isClaudeNote(): boolean {
    const members = this.#members;
    if ((members & ID) !== 0) return false;
    if ((members & FILE_HISTORY) === FILE_HISTORY) return true;
    return (members & CLAUDE_NOTE) !== 0 && this.#type !== "";
  }

  key(_: number, bytes: Buffer, start: number, end: number, escaped: boolean): void {
    this.#member = NAMES.find(bytes, start, end, escaped);
    // A type is one when its value is a string, and a payload is an object; which of two an
    // `isSidechain` is its value tells.
    if (!LATER.has(this.#member)) this.#members |= this.#member;
  }

  value(depth: number, type: ValueType, at: number): Interest {
    if (depth === 0) return type === OBJECT ? DESCEND : SKIP;
    this.#hasMembers = true;
    this.#valueAt = type === BOOLEAN ? at : -1;
    if (this.#member === PAYLOAD && type === OBJECT) this.#members |= PAYLOAD;
    return this.#member === TYPE && type === STRING ? CAPTURE : SKIP;
  }

  text(_: number, bytes: Buffer, start: number, end: number): void {
    this.#type = bytes.toString("utf8", start, end);
  }

  end(depth: number, at: number): void {
    if (depth !== 1 || this.#member !== SIDECHAIN) return;
    this.#members |= SIDECHAIN;
    this.#sidechain = at - this.#valueAt === TRUE_BYTES;
  }
}
