import { MAX_MEMBER_LENGTH } from "./limits.js";

/** The formats that leaflog knows. */
export type FormatName = "pi" | "claude-code" | "codex";

/**
 * How a format calls what leaflog looks at in an entry. All else of an entry is payload, which is
 * carried unchanged. In every format the kind of an entry is its `type`.
 */
export interface TranscriptFormat {
  readonly name: FormatName;
  /** The member that holds an entry's id. Absent: entries have none. */
  readonly id?: string;
  /** The member that names an entry's parent. Absent: entries follow each other as they stand. */
  readonly parentId?: string;
  /** The `type` of the first line's object, the header. Absent: the first line is an entry. */
  readonly headerType?: string;
  /**
   * What an entry without the member of `parentId` is: a `linear` one, of an older version or of a
   * format without parents, which follows the entry before it; or `unlinked`, a note beside the
   * tree that is nobody's parent.
   */
  readonly withoutParent: "linear" | "unlinked";
  /**
   * The `type`s of entries without id and parent that are notes beside the tree, where others would
   * be `linear`. One that begins the file stays before the header. Absent: there are none.
   */
  readonly notes?: readonly string[];
  /**
   * The member by which an entry without a parent names the entry that it goes on from: a branch
   * that was summed up there goes on with that one, if it is in the file. Absent: there is none.
   */
  readonly logicalParentId?: string;
  /** The member that is `true` in an entry beside the main chain, which never is the leaf. */
  readonly aside?: string;
  /** The `type`s of entries that stand in the tree and never are the leaf. Absent: none. */
  readonly neverLeaf?: readonly string[];
  /** Where a compaction names the first entry that it kept: members, each within the one before. */
  readonly firstKept?: readonly string[];
  /** The `type` of an entry that carries a message; `role`: the message's own role. */
  readonly messageType: string;
}

/** pi's and OpenClaw's session files, version 3, and the linear ones of version 1. */
const PI: TranscriptFormat = {
  name: "pi",
  id: "id",
  parentId: "parentId",
  headerType: "session",
  withoutParent: "linear",
  // Oh My Pi keeps one at the start of the file, and rewrites it in place.
  notes: ["title"],
  firstKept: ["firstKeptEntryId"],
  messageType: "message",
};

/** Claude Code's sessions. */
const CLAUDE_CODE: TranscriptFormat = {
  name: "claude-code",
  id: "uuid",
  parentId: "parentUuid",
  withoutParent: "unlinked",
  logicalParentId: "logicalParentUuid",
  aside: "isSidechain",
  // Hooks write theirs beside the turn that they run in, whose result comes later.
  neverLeaf: ["progress"],
  firstKept: ["compactMetadata", "preservedSegment", "headUuid"],
  messageType: "role",
};

const { aside: _, ...agent } = CLAUDE_CODE;

/**
 * A file of Claude Code that holds nothing but what one of its agents did: all of it is marked as
 * being beside a main chain, which stands in another file.
 */
export const CLAUDE_CODE_AGENT: TranscriptFormat = agent;

/** Codex' rollouts: lines of `timestamp`, `type` and `payload`. */
const CODEX: TranscriptFormat = {
  name: "codex",
  withoutParent: "linear",
  messageType: "response_item",
};

/** The formats by name. */
export const TRANSCRIPT_FORMATS: Readonly<Record<FormatName, TranscriptFormat>> = {
  pi: PI,
  "claude-code": CLAUDE_CODE,
  codex: CODEX,
};

/** What a transcript is, unless its first lines or the caller say otherwise. */
export const DEFAULT_FORMAT: TranscriptFormat = PI;

/** Whether entries can be appended: they need an id, and a parent to name. */
export function isAppendable(format: TranscriptFormat): boolean {
  return format.id !== undefined && format.parentId !== undefined;
}

/** The id and the parent of an entry as it stands in a transcript of that format. */
export function entryLinks(
  entry: Readonly<Record<string, unknown>>,
  format: TranscriptFormat,
): { readonly id?: string; readonly parentId?: string | null } {
  const id = format.id === undefined ? undefined : entry[format.id];
  const parentId = format.parentId === undefined ? undefined : entry[format.parentId];
  return {
    ...(isName(id) && { id }),
    ...((isName(parentId) || parentId === null) && { parentId }),
  };
}

/** Whether an entry can be known by it. */
function isName(value: unknown): value is string {
  return typeof value === "string" && value.length <= MAX_MEMBER_LENGTH;
}

/** The roles that are types of entries with a message, where the role is the type. */
const MESSAGE_ROLES: ReadonlySet<string> = new Set(["user", "assistant", "toolResult"]);

/** Whether entries of that type carry a message. */
export function isMessageType(
  type: string | undefined,
  { messageType }: TranscriptFormat = DEFAULT_FORMAT,
): boolean {
  if (type === undefined) return false;
  return messageType === "role" ? MESSAGE_ROLES.has(type) : type === messageType;
}
