/**
 * What a caller appends: a JSON object with a `type`. `id` and `timestamp` are kept when given and
 * made otherwise; `parentId` and `batch` are leaflog's to write. In another format than pi's the id
 * is written under its name there, and may be given under it.
 */
export interface EntryInput {
  /** Any type but `session`, which marks the header in pi's format. Unknown types are carried unchanged. */
  readonly type: string;
  /**
   * Must be new to the transcript. Only the ids of its own call and that of the leaf are looked at;
   * one that an older entry has is not noticed and makes a duplicate, which may close a cycle:
   * `verifyTranscript` finds both.
   * @default a random UUID
   */
  readonly id?: string;
  /** ISO 8601. @default the time of the call */
  readonly timestamp?: string;
  readonly [member: string]: unknown;
}

/**
 * The message of an entry, as its program wrote it: nothing of it is checked. pi's have a `role` and
 * a `content`, and so have those of Claude Code.
 */
export interface EntryMessage {
  /** `user`, `assistant`, `toolResult`, … */
  readonly role?: string;
  /** A text, or parts of which each has a `type`. */
  readonly content?:
    | string
    | readonly { readonly type?: string; readonly [member: string]: unknown }[];
  readonly [member: string]: unknown;
}

/**
 * An entry as it stands in a transcript: any JSON object behind the header. The names are those of
 * pi's format; `entryLinks` reads id and parent of any.
 */
export interface Entry {
  readonly type?: string;
  readonly id?: string;
  readonly parentId?: string | null;
  readonly timestamp?: string;
  /** Of entries of type `message`. */
  readonly message?: EntryMessage;
  readonly [member: string]: unknown;
}

/** An entry and where its line stands. */
export interface EntryRecord {
  /** Absent when the line exceeds `maxEntryBytes`; then `oversized` tells what it is. */
  readonly entry?: Entry;
  /** Bytes from the start of the file. */
  readonly offset: number;
  /** Bytes, without the newline. */
  readonly length: number;
  /**
   * The line as it stands in the file, with numbers that are more than JavaScript can hold; bytes
   * that are no UTF-8 are U+FFFD. Present where the reader was asked for it by `text: true`.
   */
  readonly text?: string;
  /** What was found without holding the line. */
  readonly oversized?: {
    readonly type?: string;
    readonly id?: string;
    readonly parentId?: string | null;
  };
}
