import { DEFAULT_FORMAT, type TranscriptFormat } from "../../entry/transcript-format.js";
import { JsonTokenizer } from "../json/json-tokenizer.js";
import { WatchedMembers } from "../json/watched-members.js";
import type { LineFacts, LineKind, LineSpans } from "./line-facts.js";

const BOM: Buffer = Buffer.from([0xef, 0xbb, 0xbf]);

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * Classifies one line after another without ever holding one: the bytes come in chunks that may be
 * cut anywhere. What it finds is what `JSON.parse(line.toString("utf8"))` would, in time linear in
 * the line's length and memory independent of it, with two limits: a line nested deeper than
 * 1,048,576 levels is `malformed`, and a member that {@link LineFacts} names whose text is longer
 * than `MAX_MEMBER_LENGTH` is as good as one of another type.
 */
export class LineClassifier {
  readonly #format: TranscriptFormat;
  readonly #members: WatchedMembers;
  readonly #tokenizer: JsonTokenizer;
  /** Bytes of a BOM met so far; `BOM.length` when none may come any more. */
  #bom: number = BOM.length;
  #bomBroken = false;

  constructor(format: TranscriptFormat = DEFAULT_FORMAT) {
    this.#format = format;
    this.#members = new WatchedMembers(format);
    this.#tokenizer = new JsonTokenizer(this.#members);
  }

  /**
   * Goes on with the line.
   *
   * @param start first byte, default 0.
   * @param end byte behind the last, default the length of `bytes`.
   */
  push(bytes: Buffer, start = 0, end: number = bytes.length): void {
    let from = start;
    while (this.#bom < BOM.length && from < end) {
      if (bytes[from] !== BOM[this.#bom]) {
        this.#bomBroken = this.#bom > 0;
        this.#bom = BOM.length;
        break;
      }
      this.#bom += 1;
      from += 1;
      this.#tokenizer.skip(1);
    }
    this.#tokenizer.push(bytes, from, end);
  }

  /** Ends the line and says what it is. Spans count from its first byte, a BOM included. */
  finish(): LineFacts {
    const facts = this.#facts();
    this.reset();
    return facts;
  }

  /**
   * Forgets what was pushed.
   *
   * @param atFileStart whether a BOM may precede the next line, to be passed over. Default false:
   * a BOM makes a line malformed.
   */
  reset(atFileStart = false): void {
    this.#members.reset();
    this.#tokenizer.reset();
    this.#bom = atFileStart ? 0 : BOM.length;
    this.#bomBroken = false;
  }

  #facts(): LineFacts {
    if (this.#bomBroken || (this.#bom > 0 && this.#bom < BOM.length)) return { kind: "malformed" };
    if (this.#tokenizer.isBlank) return { kind: "blank" };
    if (!this.#tokenizer.isWhole) return { kind: "malformed" };
    const members = this.#members;
    if (!members.isObject) return { kind: "value" };

    const isNote = isNoteOf(members, this.#format);
    const kind = isNote ? "unlinked" : kindOf(members, this.#format);
    const facts: Writable<LineFacts> = { kind };
    if (isNote) facts.note = true;
    if (members.type !== undefined) facts.type = members.type;
    if (members.id !== undefined) facts.id = members.id;
    if (members.parentId !== undefined) facts.parentId = members.parentId;
    if (members.targetId !== undefined) facts.targetId = members.targetId;
    if (members.logicalParentId !== undefined) facts.logicalParentId = members.logicalParentId;
    if (members.keptId !== undefined) facts.keptId = members.keptId;
    if (members.aside) facts.aside = true;
    if (members.version !== undefined) facts.version = members.version;
    if (members.firstKept !== undefined) facts.firstKeptEntryIndex = members.firstKept;
    if (members.role !== undefined) facts.messageRole = members.role;
    const { batchIndex: index, batchSize: size } = members;
    if (isWhole(index) && isWhole(size) && index < size && size >= 2) {
      // "-0" is a JSON number, and 0 here.
      facts.batch = { index: index + 0, size };
    }
    facts.spans = spansOf(members);
    return facts;
  }
}

const isWhole = (value: number | undefined): value is number =>
  value !== undefined && Number.isInteger(value) && value >= 0;

function isNoteOf(members: WatchedMembers, { notes }: TranscriptFormat): boolean {
  if (notes === undefined || members.hasParentId || members.idStart >= 0) return false;
  return members.type !== undefined && notes.includes(members.type);
}

function kindOf(members: WatchedMembers, format: TranscriptFormat): LineKind {
  if (members.type !== undefined && members.type === format.headerType) return "header";
  if (!members.hasParentId) return format.withoutParent;
  return members.id !== undefined && members.parentId !== undefined ? "linked" : "unlinked";
}

function spansOf(members: WatchedMembers): LineSpans {
  const spans: Writable<LineSpans> = {
    object: { start: members.objectStart, end: members.objectEnd },
    empty: members.empty,
  };
  if (members.idStart >= 0) spans.id = { start: members.idStart, end: members.idEnd };
  if (members.parentIdStart >= 0) {
    spans.parentId = { start: members.parentIdStart, end: members.parentIdEnd };
  }
  if (members.targetIdStart >= 0) {
    spans.targetId = { start: members.targetIdStart, end: members.targetIdEnd };
  }
  if (members.logicalParentIdStart >= 0) {
    spans.logicalParentId = {
      start: members.logicalParentIdStart,
      end: members.logicalParentIdEnd,
    };
  }
  if (members.versionStart >= 0) {
    spans.version = { start: members.versionStart, end: members.versionEnd };
  }
  if (members.firstKeptStart >= 0) {
    spans.firstKeptEntryIndex = { start: members.firstKeptStart, end: members.firstKeptEnd };
  }
  if (members.role !== undefined) {
    spans.messageRole = { start: members.roleStart, end: members.roleEnd };
  }
  return spans;
}

const shared: LineClassifier = new LineClassifier();

/** Classifies a line of the default format that is at hand; see {@link LineClassifier}. */
export function classifyLine(bytes: Buffer, start = 0, end: number = bytes.length): LineFacts {
  shared.reset();
  shared.push(bytes, start, end);
  return shared.finish();
}
