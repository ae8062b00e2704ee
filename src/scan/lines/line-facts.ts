/** A half-open range of bytes, counted from the first byte of its line. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Where an entry stands in a batch that one call appended. */
export interface BatchMark {
  readonly index: number;
  readonly size: number;
}

/**
 * What one line is:
 * - `blank`: white space only;
 * - `malformed`: no JSON text (cut, fused, NUL bytes, nested deeper than the classifier follows);
 * - `value`: JSON, but no object;
 * - `header`: an object of type `session`;
 * - `linked`: a string `id` and an own `parentId` that is a string or null;
 * - `linear`: an object without a `parentId` key;
 * - `unlinked`: an object whose `parentId` or `id` cannot take part in a chain.
 *
 * These are the names of the default format; others call the members otherwise, may have no header,
 * and say what an object without a `parentId` is.
 */
export type LineKind =
  | "blank"
  | "malformed"
  | "value"
  | "header"
  | "linked"
  | "linear"
  | "unlinked";

/**
 * What the classifier finds at the top level of a line. A member is present only when its value
 * has the type that the format gives it; of duplicate keys the last counts, as in `JSON.parse`.
 */
export interface LineFacts {
  readonly kind: LineKind;
  readonly type?: string;
  readonly id?: string;
  readonly parentId?: string | null;
  /** Present for an entry that is a note by its type, in formats that know such. */
  readonly note?: true;
  readonly targetId?: string | null;
  /** The entry that one without a parent goes on from; of formats that know such. */
  readonly logicalParentId?: string;
  /** The first entry that a compaction kept, of formats that know such a logical parent. */
  readonly keptId?: string;
  /** Present for an entry beside the main chain, in formats that mark such. */
  readonly aside?: true;
  /** Present when index and size are integers with 0 <= index < size and size >= 2. */
  readonly batch?: BatchMark;
  /** `version`, where it is a number. */
  readonly version?: number;
  /** Compactions of version 1: `firstKeptEntryIndex`, where it is a number. */
  readonly firstKeptEntryIndex?: number;
  /** `message.role`, where both are of the right type. */
  readonly messageRole?: string;
  /** Where an edit of the line would go; present for objects alone. */
  readonly spans?: LineSpans;
}

/** Byte ranges within the line, for edits that leave every other byte as it is. */
export interface LineSpans {
  /** The whole object, from `{` to just behind `}`. */
  readonly object: Span;
  /** Whether the object has no members. */
  readonly empty: boolean;
  /** The value of the last member named `id`, whatever its type, quotes included. */
  readonly id?: Span;
  /** The value of the last member named `parentId`, whatever its type. */
  readonly parentId?: Span;
  /** The value of the last member named `targetId`, whatever its type. */
  readonly targetId?: Span;
  /** The value of the last member that names the logical parent, whatever its type. */
  readonly logicalParentId?: Span;
  /** The value of the last member named `version`, whatever its type. */
  readonly version?: Span;
  /** From the key's first quote to the end of the value. */
  readonly firstKeptEntryIndex?: Span;
  /** The value of `message.role`, quotes included. */
  readonly messageRole?: Span;
}
