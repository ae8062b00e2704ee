import { MAX_MEMBER_LENGTH } from "../../entry/limits.js";
import { DEFAULT_FORMAT, type TranscriptFormat } from "../../entry/transcript-format.js";
import { KeyNames } from "./key-names.js";
import {
  BOOLEAN,
  CAPTURE,
  DESCEND,
  type Interest,
  type MemberSink,
  NULL,
  NUMBER,
  OBJECT,
  SKIP,
  STRING,
  type ValueType,
} from "./member-sink.js";
import { isText, unescapedText } from "./raw-text.js";

const NONE = 0;
const TYPE = 1;
const ID = 2;
const PARENT_ID = 3;
const TARGET_ID = 4;
const VERSION = 5;
const FIRST_KEPT = 6;
const BATCH = 7;
const MESSAGE = 8;
const INDEX = 9;
const SIZE = 10;
const ROLE = 11;
const LOGICAL_PARENT_ID = 12;
const ASIDE = 13;
/** The three members of `firstKept`, each within the one before. */
const KEPT_OUTER = 14;
const KEPT_INNER = 15;
const KEPT_ID = 16;

const entryNames = new Map<TranscriptFormat, KeyNames>();
const BATCH_NAMES: KeyNames = new KeyNames({ index: INDEX, size: SIZE });
const MESSAGE_NAMES: KeyNames = new KeyNames({ role: ROLE });
const NO_NAMES: KeyNames = new KeyNames({});

/** The names to look out for in an entry of that format. */
function entryNamesOf(format: TranscriptFormat): KeyNames {
  const { id, parentId, headerType, logicalParentId, aside, firstKept } = format;
  let names = entryNames.get(format);
  if (names === undefined) {
    names = new KeyNames({
      type: TYPE,
      ...(id !== undefined && { [id]: ID }),
      ...(parentId !== undefined && { [parentId]: PARENT_ID, targetId: TARGET_ID, batch: BATCH }),
      // What a migration converts.
      ...(headerType !== undefined && {
        version: VERSION,
        firstKeptEntryIndex: FIRST_KEPT,
        message: MESSAGE,
      }),
      ...(logicalParentId !== undefined && { [logicalParentId]: LOGICAL_PARENT_ID }),
      ...(aside !== undefined && { [aside]: ASIDE }),
      ...(logicalParentId !== undefined && firstKept?.[0] && { [firstKept[0]]: KEPT_OUTER }),
    });
    entryNames.set(format, names);
  }
  return names;
}

/** What the slots of {@link WatchedMembers} hold while no member of that name has come. */
const ABSENT = -1;
/** What tells `true` from `false`. */
const TRUE_BYTES = 4;

/** The members of one line that leaflog looks at; a later duplicate takes the place of an earlier. */
export class WatchedMembers implements MemberSink {
  isObject = false;
  objectStart = 0;
  objectEnd = 0;
  empty = true;
  hasParentId = false;
  type: string | undefined;
  id: string | undefined;
  parentId: string | null | undefined;
  targetId: string | null | undefined;
  logicalParentId: string | undefined;
  keptId: string | undefined;
  aside = false;
  version: number | undefined;
  firstKept: number | undefined;
  batchIndex: number | undefined;
  batchSize: number | undefined;
  role: string | undefined;
  idStart: number = ABSENT;
  idEnd = 0;
  parentIdStart: number = ABSENT;
  parentIdEnd = 0;
  targetIdStart: number = ABSENT;
  targetIdEnd = 0;
  logicalParentIdStart: number = ABSENT;
  logicalParentIdEnd = 0;
  versionStart: number = ABSENT;
  versionEnd = 0;
  firstKeptStart: number = ABSENT;
  firstKeptEnd = 0;
  roleStart = 0;
  roleEnd = 0;
  readonly #names: KeyNames;
  readonly #keptInner: KeyNames;
  readonly #keptId: KeyNames;
  /** The member of the entry, and the member of its batch or message, that is being read. */
  #outer = NONE;
  #inner = NONE;
  #innermost = NONE;
  #keyAt = 0;
  #asideStart = 0;
  #lastType = "";
  #lastRole = "";

  constructor(format: TranscriptFormat = DEFAULT_FORMAT) {
    this.#names = entryNamesOf(format);
    const [, inner, id] = format.firstKept ?? [];
    this.#keptInner = inner === undefined ? NO_NAMES : new KeyNames({ [inner]: KEPT_INNER });
    this.#keptId = id === undefined ? NO_NAMES : new KeyNames({ [id]: KEPT_ID });
  }

  reset(): void {
    this.isObject = false;
    this.empty = true;
    this.hasParentId = false;
    this.type = undefined;
    this.id = undefined;
    this.parentId = undefined;
    this.targetId = undefined;
    this.logicalParentId = undefined;
    this.keptId = undefined;
    this.aside = false;
    this.version = undefined;
    this.firstKept = undefined;
    this.batchIndex = undefined;
    this.batchSize = undefined;
    this.role = undefined;
    this.idStart = ABSENT;
    this.parentIdStart = ABSENT;
    this.targetIdStart = ABSENT;
    this.logicalParentIdStart = ABSENT;
    this.versionStart = ABSENT;
    this.firstKeptStart = ABSENT;
    this.#outer = NONE;
    this.#inner = NONE;
    this.#innermost = NONE;
  }

  key(
    depth: number,
    bytes: Buffer,
    start: number,
    end: number,
    escaped: boolean,
    at: number,
  ): void {
    if (depth === 1) {
      this.#keyAt = at;
      this.#outer = this.#names.find(bytes, start, end, escaped);
    } else if (depth === 2) {
      this.#inner = this.#innerNames.find(bytes, start, end, escaped);
    } else this.#innermost = this.#keptId.find(bytes, start, end, escaped);
  }

  value(depth: number, type: ValueType, at: number): Interest {
    if (depth === 2) return this.#innerValue(type, at);
    if (depth === 3) {
      if (this.#innermost !== KEPT_ID) return SKIP;
      this.keptId = undefined;
      return type === STRING ? CAPTURE : SKIP;
    }
    if (depth === 0) {
      this.isObject = type === OBJECT;
      this.objectStart = at;
      return this.isObject ? DESCEND : SKIP;
    }
    this.empty = false;
    switch (this.#outer) {
      case NONE:
        return SKIP;
      case TYPE:
        this.type = undefined;
        return type === STRING ? CAPTURE : SKIP;
      case ID:
        this.id = undefined;
        this.idStart = at;
        return type === STRING ? CAPTURE : SKIP;
      case PARENT_ID:
        this.hasParentId = true;
        this.parentIdStart = at;
        this.parentId = type === NULL ? null : undefined;
        return type === STRING ? CAPTURE : SKIP;
      case TARGET_ID:
        this.targetId = type === NULL ? null : undefined;
        this.targetIdStart = at;
        return type === STRING ? CAPTURE : SKIP;
      case VERSION:
        this.version = undefined;
        this.versionStart = at;
        return type === NUMBER ? CAPTURE : SKIP;
      case FIRST_KEPT:
        this.firstKept = undefined;
        this.firstKeptStart = this.#keyAt;
        return type === NUMBER ? CAPTURE : SKIP;
      case BATCH:
        this.batchIndex = undefined;
        this.batchSize = undefined;
        return type === OBJECT ? DESCEND : SKIP;
      case LOGICAL_PARENT_ID:
        this.logicalParentId = undefined;
        this.logicalParentIdStart = at;
        return type === STRING ? CAPTURE : SKIP;
      case ASIDE:
        this.aside = false;
        this.#asideStart = type === BOOLEAN ? at : ABSENT;
        return SKIP;
      case KEPT_OUTER:
        this.keptId = undefined;
        return type === OBJECT ? DESCEND : SKIP;
      default:
        this.role = undefined;
        return type === OBJECT ? DESCEND : SKIP;
    }
  }

  text(depth: number, bytes: Buffer, start: number, end: number, escaped: boolean): void {
    const member = depth === 1 ? this.#outer : depth === 2 ? this.#inner : this.#innermost;
    // Types and roles come from a handful of words: comparing is cheaper than a new string.
    if (member === TYPE && !escaped && isText(this.#lastType, bytes, start, end)) {
      this.type = this.#lastType;
      return;
    }
    if (member === ROLE && !escaped && isText(this.#lastRole, bytes, start, end)) {
      this.role = this.#lastRole;
      return;
    }
    const raw = bytes.toString("utf8", start, end);
    const text = escaped ? unescapedText(raw) : raw;
    if (text.length > MAX_MEMBER_LENGTH) return;
    if (member === TYPE) this.type = this.#lastType = text;
    else if (member === ID) this.id = text;
    else if (member === PARENT_ID) this.parentId = text;
    else if (member === TARGET_ID) this.targetId = text;
    else if (member === LOGICAL_PARENT_ID) this.logicalParentId = text;
    else if (member === KEPT_ID) this.keptId = text;
    else if (member === ROLE) this.role = this.#lastRole = text;
    else if (member === VERSION) this.version = Number(raw);
    else if (member === FIRST_KEPT) this.firstKept = Number(raw);
    else if (member === INDEX) this.batchIndex = Number(raw);
    else this.batchSize = Number(raw);
  }

  end(depth: number, at: number): void {
    if (depth === 3) this.#innermost = NONE;
    else if (depth === 2) {
      if (this.#inner === ROLE) this.roleEnd = at;
      this.#inner = NONE;
    } else if (depth === 1) {
      if (this.#outer === ID) this.idEnd = at;
      else if (this.#outer === PARENT_ID) this.parentIdEnd = at;
      else if (this.#outer === TARGET_ID) this.targetIdEnd = at;
      else if (this.#outer === VERSION) this.versionEnd = at;
      else if (this.#outer === FIRST_KEPT) this.firstKeptEnd = at;
      else if (this.#outer === LOGICAL_PARENT_ID) this.logicalParentIdEnd = at;
      else if (this.#outer === ASIDE) this.aside = this.#asideStart === at - TRUE_BYTES;
      this.#outer = NONE;
    } else this.objectEnd = at;
  }

  get #innerNames(): KeyNames {
    if (this.#outer === BATCH) return BATCH_NAMES;
    return this.#outer === KEPT_OUTER ? this.#keptInner : MESSAGE_NAMES;
  }

  #innerValue(type: ValueType, at: number): Interest {
    switch (this.#inner) {
      case KEPT_INNER:
        this.keptId = undefined;
        return type === OBJECT ? DESCEND : SKIP;
      case INDEX:
        this.batchIndex = undefined;
        return type === NUMBER ? CAPTURE : SKIP;
      case SIZE:
        this.batchSize = undefined;
        return type === NUMBER ? CAPTURE : SKIP;
      case ROLE:
        this.role = undefined;
        this.roleStart = at;
        return type === STRING ? CAPTURE : SKIP;
      default:
        return SKIP;
    }
  }
}
