import { invalid } from "../base/arguments.js";
import { LeaflogError } from "../base/errors.js";
import { isObject } from "../base/json-object.js";
import type { EntryInput } from "./entry.js";
import { newEntryId } from "./entry-id.js";
import { EntryText } from "./entry-text.js";
import { jsonText, jsonValue, notSerializable } from "./json-value.js";
import { KeptText } from "./kept-text.js";
import { MAX_MEMBER_LENGTH } from "./limits.js";
import { messageTypeOf, roleOf } from "./message-role.js";
import { timestampNowAsJson } from "./timestamp.js";
import { DEFAULT_FORMAT, TRANSCRIPT_FORMATS, type TranscriptFormat } from "./transcript-format.js";

/** Characters of the ids that leaflog makes. */
export const ID_LENGTH = 36;
/**
 * The widest thing that a line has besides its body and the values of type, id and timestamp: the
 * names of members, a parent's id of the usual length, batch mark, newline.
 */
const SEAM_BYTES = 128 + ID_LENGTH;
/**
 * The member that holds an idempotency key: of `message` in entries of type `message`, of the entry
 * otherwise.
 */
export const KEY_MEMBER = "idempotencyKey";
/** Of entries that carry a message, where its role is not their type. */
const MESSAGE_TYPE = DEFAULT_FORMAT.messageType;
/** Marks an entry beside the main chain, in the formats that know such. */
const ASIDE = TRANSCRIPT_FORMATS["claude-code"].aside as string;

/** Bytes of `{}`. */
const EMPTY_BYTES = 2;
const NEWLINE = 0x0a;

/** Where an entry stands in its batch. */
export interface BatchPlace {
  readonly index: number;
  readonly size: number;
}

/** Of what format an entry becomes. */
export interface EncodingTerms {
  /** Whose names its members get; as far as is known when it is appended. Default: pi's. */
  readonly format?: TranscriptFormat | undefined;
  /** Whether it carries a message, and has the type that the format gives such entries. */
  readonly isMessage?: boolean;
  /** Its id, where it has none of its own. Default: one is made. */
  readonly id?: string | undefined;
}

/** An entry turned into JSON, except for what only the commit knows: its parent. */
export class EncodedEntry {
  readonly id: string;
  readonly type: string;
  /** What an entry of type `leaf` moves the leaf to; undefined when it names nothing usable. */
  readonly targetId: string | null | undefined;
  /** Whether it is marked as being beside the main chain. */
  readonly aside: boolean;
  /** An upper bound of the line's bytes, unless its parent has a long id; see {@link fitsWith}. */
  readonly bytes: number;
  /** Bytes of the line behind its start; see {@link start}. */
  readonly restBytes: number;
  readonly format: TranscriptFormat;
  readonly #maxEntryBytes: number;
  readonly #isMessage: boolean;
  readonly #hasOwnId: boolean;
  /** Whether the body is a text as the caller gave it, with all members that it has. */
  readonly #isText: boolean;
  readonly #hasOwnTimestamp: boolean;
  /** As JSON. */
  readonly #timestamp: string;
  /** `{…}`: all further members. */
  readonly #body: KeptText;

  /**
   * Serializes at once: the caller may change its object afterwards.
   *
   * @param input an object, or an `EntryText`
   * @throws LeaflogError `LEAFLOG_NOT_SERIALIZABLE` for what JSON cannot hold (a root that is no
   * object; see {@link jsonText}), `LEAFLOG_INVALID_ARGUMENT` for members that the format forbids,
   * and for a message without a role; `LEAFLOG_ENTRY_TOO_LARGE` above `maxEntryBytes`.
   */
  constructor(input: unknown, maxEntryBytes: number, terms: EncodingTerms = {}) {
    const { format = DEFAULT_FORMAT } = terms;
    const members = membersOf(input);
    const text = input instanceof EntryText ? input : undefined;
    const isMessage = terms.isMessage || text?.isMessage || false;
    const { type: ownType, id: ownId, timestamp } = members;
    // They go first, and JSON drops what is undefined: to leave them out of a copy costs more.
    members.type = members.id = members.timestamp = undefined;
    const carries = isMessage || (ownType === MESSAGE_TYPE && isObject(members.message));
    const role = carries ? roleOf(members.message, format) : undefined;
    const type = isMessage ? messageTypeOf(role, format) : ownType;
    if (typeof type !== "string" || type.trim() === "" || type === format.headerType) {
      const other = format.headerType === undefined ? "" : ` other than "${format.headerType}"`;
      throw invalid("type", type, `a non-blank string${other}`);
    }
    ensureShort("type", type);
    const id = format.id === DEFAULT_FORMAT.id ? ownId : takeId(ownId, members, format);
    if (id !== undefined && (typeof id !== "string" || id.trim() === "")) {
      throw invalid("id", id, "a non-blank string, or left out to have one made");
    }
    if (id !== undefined) ensureShort("id", id);
    if (timestamp !== undefined && typeof timestamp !== "string") {
      throw invalid("timestamp", timestamp, "a string (ISO 8601), or left out to have one made");
    }
    const parentName =
      members.parentId === undefined ? (format.parentId ?? "parentId") : "parentId";
    if (members[parentName] !== undefined) {
      throw invalid(
        parentName,
        members[parentName],
        "left out: the leaf is the parent (expectedLeaf guards it, an entry of type leaf moves it)",
      );
    }
    if (members.batch !== undefined) {
      throw invalid("batch", members.batch, "left out: appendBatch writes it");
    }
    const body = text ? bodyOf(text, ownId, format) : jsonText(members);
    this.type = type;
    this.id = id ?? terms.id ?? newEntryId();
    this.targetId =
      typeof members.targetId === "string" || members.targetId === null
        ? members.targetId
        : undefined;
    this.aside = members[ASIDE] === true;
    this.format = format;
    this.#maxEntryBytes = maxEntryBytes;
    this.#isMessage = isMessage;
    this.#hasOwnId = id !== undefined;
    this.#isText = text !== undefined;
    this.#hasOwnTimestamp = timestamp !== undefined;
    this.#timestamp = timestamp === undefined ? timestampNowAsJson() : JSON.stringify(timestamp);
    this.restBytes = Buffer.byteLength(body);
    this.bytes =
      this.restBytes +
      quotedBytes(type) +
      quotedBytes(this.id) +
      Buffer.byteLength(this.#timestamp) +
      SEAM_BYTES;
    if (this.bytes > maxEntryBytes) {
      throw new LeaflogError(
        "LEAFLOG_ENTRY_TOO_LARGE",
        `the entry takes about ${this.bytes} bytes; maxEntryBytes allows ${maxEntryBytes}: store large payloads elsewhere and append a reference, or raise maxEntryBytes`,
      );
    }
    this.#body = new KeptText(body, this.restBytes);
  }

  /** Whether the line stays within `maxEntryBytes` when it names that parent. */
  fitsWith(parentId: string): boolean {
    return this.bytes + quotedBytes(parentId) - ID_LENGTH <= this.#maxEntryBytes;
  }

  /**
   * The same entry by the names of another format.
   *
   * @throws LeaflogError `LEAFLOG_INVALID_ARGUMENT` for members that this format forbids
   */
  in(format: TranscriptFormat): EncodedEntry {
    if (format.id === this.format.id && format.parentId === this.format.parentId) return this;
    if (this.#isText) return this.#textIn(format);
    const { [this.format.id ?? "id"]: id, ...members } = JSON.parse(this.line(undefined));
    const named = format.id === undefined ? undefined : members[format.id];
    const isNamed = this.#hasOwnId || named === undefined;
    const input = { ...members, ...(isNamed && { id }) };
    if (format.messageType !== "message") takeKeyOut(input);
    return new EncodedEntry(input, this.#maxEntryBytes, { format, isMessage: this.#isMessage });
  }

  /**
   * The entry's line, up to the members that only its caller knows.
   *
   * @param parentId undefined for a raw append: the line has no such key
   * @param batch where the entry stands in its batch, when that has more than one entry
   */
  start(parentId: string | null | undefined, batch?: BatchPlace): string {
    if (this.#isText) return this.#startOfText(parentId, batch);
    const { id, parentId: parentName } = this.format;
    const head = `{"type":${JSON.stringify(this.type)},"${id ?? "id"}":${JSON.stringify(this.id)}`;
    const parent = parentId === undefined ? "" : `,"${parentName}":${JSON.stringify(parentId)}`;
    const mark = batch ? `,"batch":{"index":${batch.index},"size":${batch.size}}` : "";
    const comma = this.restBytes > EMPTY_BYTES ? "," : "";
    return `${head}${parent}${mark},"timestamp":${this.#timestamp}${comma}`;
  }

  /** The members that a text lacks, before all that it has. */
  #startOfText(parentId: string | null | undefined, batch?: BatchPlace): string {
    const { id = "id", parentId: parentName } = this.format;
    const made = [
      ...(this.#isMessage ? [`"type":${JSON.stringify(this.type)}`] : []),
      ...(this.#hasOwnId ? [] : [`"${id}":${JSON.stringify(this.id)}`]),
      ...(parentId === undefined ? [] : [`"${parentName}":${JSON.stringify(parentId)}`]),
      ...(batch ? [`"batch":{"index":${batch.index},"size":${batch.size}}`] : []),
      ...(this.#hasOwnTimestamp ? [] : [`"timestamp":${this.#timestamp}`]),
    ];
    return `{${made.map((member) => `${member},`).join("")}`;
  }

  #textIn(format: TranscriptFormat): EncodedEntry {
    const text = new EntryText(this.#body.textFrom(0), this.#isMessage);
    const { id: name = "id" } = this.format;
    const input = this.#hasOwnId && name !== "id" ? text.renamed(name, "id") : text;
    const id = this.#hasOwnId ? undefined : this.id;
    return new EncodedEntry(input, this.#maxEntryBytes, { format, id });
  }

  /** Writes the rest of the line, with its newline: `restBytes` from `at` on. */
  copyRest(target: Buffer, at: number): void {
    this.#body.copyTo(target, at, 1);
    target[at + this.restBytes - 1] = NEWLINE;
  }

  /** The entry's line, with its newline. See {@link start}. */
  line(parentId: string | null | undefined, batch?: BatchPlace): string {
    return `${this.start(parentId, batch)}${this.#body.textFrom(1)}\n`;
  }
}

/** What is longer could not be read back: see {@link MAX_MEMBER_LENGTH}. */
function ensureShort(name: string, text: string): void {
  if (text.length <= MAX_MEMBER_LENGTH) return;
  const start = `${text.slice(0, 32)}… (${text.length} characters)`;
  throw invalid(name, start, `at most ${MAX_MEMBER_LENGTH} characters long`);
}

/** Bytes of a text as JSON. */
function quotedBytes(text: string): number {
  return Buffer.byteLength(JSON.stringify(text));
}

/** A text as it is written: its id goes by the format's name. */
function bodyOf(text: EntryText, id: unknown, { id: name = "id" }: TranscriptFormat): string {
  const isNamed = name === "id" || id === undefined || text.toJSON()[name] !== undefined;
  return isNamed ? text.text : text.renamed("id", name).text;
}

/** Puts an idempotency key where formats have it whose messages go to a model as they are. */
function takeKeyOut(entry: Record<string, unknown>): void {
  const { type, message } = entry;
  if (type !== "message" || !isObject(message) || message[KEY_MEMBER] === undefined) return;
  entry[KEY_MEMBER] = message[KEY_MEMBER];
  delete message[KEY_MEMBER];
}

/** Takes the id out of the members, where it may go by either name. */
function takeId(
  id: unknown,
  members: Record<string, unknown>,
  { id: name = "id" }: TranscriptFormat,
): unknown {
  const { [name]: own } = members;
  delete members[name];
  if (id === undefined || own === undefined || id === own) return id ?? own;
  throw invalid(name, own, `left out, or the same as \`id\`, which is ${String(id)}`);
}

/**
 * What a caller appends as it is at this moment, in whatever format it will be written.
 *
 * @throws LeaflogError `LEAFLOG_NOT_SERIALIZABLE`
 */
export function entrySnapshot(input: unknown): EntryInput {
  return JSON.parse(jsonText(membersOf(input))) as EntryInput;
}

function membersOf(input: unknown): Record<string, unknown> {
  try {
    return plainObject(input);
  } catch (error) {
    if (error instanceof LeaflogError) throw error;
    throw notSerializable("a member cannot be read", error);
  }
}

function plainObject(input: unknown): Record<string, unknown> {
  const value = jsonValue(input, "");
  if (!isObject(value)) {
    const got = Array.isArray(value) ? "an array" : value === null ? "null" : typeof value;
    throw notSerializable(`an entry must be an object; got ${got}`);
  }
  // A getter is asked once: what is checked is what is written.
  const members = { ...value };
  for (const name of Object.keys(members)) {
    const member = members[name];
    if (typeof member === "function" || typeof member === "symbol") {
      throw notSerializable(`\`${name}\` is a ${typeof member}, which JSON would drop`);
    }
    if (member !== undefined && jsonValue(member, name) === undefined) {
      throw notSerializable(`the toJSON of \`${name}\` returned undefined`);
    }
  }
  return members;
}
