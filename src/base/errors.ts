/** The codes of {@link LeaflogError}: stable across versions, unlike the messages. */
export type LeaflogErrorCode =
  /** The signal of the call was aborted before its entries began to be written. */
  | "LEAFLOG_ABORTED"
  /** A rewrite could not keep the ACL or the extended attributes of the file: it is as it was. */
  | "LEAFLOG_ATTRIBUTES"
  /** The first line of a non-empty file is not a header. */
  | "LEAFLOG_BAD_HEADER"
  /** The transcript handle was closed. */
  | "LEAFLOG_CLOSED"
  /** The entry's line would exceed `maxEntryBytes`. */
  | "LEAFLOG_ENTRY_TOO_LARGE"
  /** The file has another name (a hard link), whose lock is another one; see `names`. */
  | "LEAFLOG_HARD_LINKED"
  /** The host of an SDK failed to look a transcript up. */
  | "LEAFLOG_HOST_FAILED"
  /**
   * The idempotency key was used before, with a body that differs; see `idempotencyKey` and
   * `storedId`.
   */
  | "LEAFLOG_IDEMPOTENCY_CONFLICT"
  /** Called from within a transaction on the same file, which it would wait for. Use its `tx`. */
  | "LEAFLOG_IN_TRANSACTION"
  /** An argument or option is not what the documentation asks for. */
  | "LEAFLOG_INVALID_ARGUMENT"
  /** The leaf is not `expectedLeaf`; see `expected` and `actual`. */
  | "LEAFLOG_LEAF_CONFLICT"
  /** The end of the file could not be read, so that the parent is unknown. */
  | "LEAFLOG_LEAF_UNREADABLE"
  /** The transcript is linear and the options, or its format, forbid to append to it. */
  | "LEAFLOG_LINEAR_TRANSCRIPT"
  /** The lock could not be made, for a reason other than another holder. */
  | "LEAFLOG_LOCK_FAILED"
  /** The lock was taken over before these entries were written; see `written`. */
  | "LEAFLOG_LOCK_LOST"
  /** Another writer held the lock until the deadline; see `waitedMs`, `ageMs` and `owner`. */
  | "LEAFLOG_LOCK_TIMEOUT"
  /** The value is nothing that JSON can hold. */
  | "LEAFLOG_NOT_SERIALIZABLE"
  /** An earlier fdatasync failed: what was written since the last one may be lost. Reopen. */
  | "LEAFLOG_POISONED"
  /** The queue had no room until the deadline. */
  | "LEAFLOG_QUEUE_FULL"
  /** The file could not be read. */
  | "LEAFLOG_READ_FAILED"
  /** The host of an SDK does not let this plugin do that; see `reason`. */
  | "LEAFLOG_REFUSED"
  /** The host of an SDK was superseded by another: nothing is read or written through it. */
  | "LEAFLOG_SUPERSEDED"
  /** The deadline passed while other appends of this process were under way. */
  | "LEAFLOG_TIMEOUT"
  /** The file is none that leaflog can make sense of; nothing was done with it. */
  | "LEAFLOG_UNKNOWN_FORMAT"
  /** The operating system refused the write or the sync; see `cause`. */
  | "LEAFLOG_WRITE_FAILED";

/**
 * Why the host of an SDK refuses an identity or a call:
 * - `unsafe-name`: a member of the identity could lead elsewhere on some system, or be taken for a
 *   file that leaflog itself makes: separators, dots, controls, reserved names, …
 * - `unknown-identity`: the host has no place for such an identity;
 * - `ambiguous-identity`: it stands for several transcripts, and one more member would tell which;
 * - `outside-root`: a symlink leads out of the host's root;
 * - `alias`: the name leads to the place of another identity: a symlink, or another spelling;
 * - `not-a-file`: what stands in the place is a directory, a device, …
 * - `no-right`: the host grants neither or not this right on the transcript.
 */
export type RefusalReason =
  | "unsafe-name"
  | "unknown-identity"
  | "ambiguous-identity"
  | "outside-root"
  | "alias"
  | "not-a-file"
  | "no-right";

/** Who holds a lock, as its owner noted: leaflog beside the lock, OpenClaw in it. */
export interface LockOwner {
  readonly pid?: number;
  readonly host?: string;
  /** ISO 8601. */
  readonly startedAt?: string;
}

/** What an error tells besides its code. */
export interface LeaflogErrorFacts {
  /** Absolute path of the transcript; a plugin is told `identity` instead. */
  readonly file?: string;
  /** Through an SDK: the identity of the transcript. */
  readonly identity?: Readonly<Record<string, string>>;
  /** REFUSED: why. */
  readonly reason?: RefusalReason;
  readonly cause?: unknown;
  /** LOCK_TIMEOUT, TIMEOUT, QUEUE_FULL: how long this call waited, in milliseconds. */
  readonly waitedMs?: number;
  /** LOCK_TIMEOUT: milliseconds since the lock was made or last refreshed. */
  readonly ageMs?: number;
  /** LOCK_TIMEOUT: the holder, where it left a note. */
  readonly owner?: LockOwner;
  /** LEAF_CONFLICT: the leaf that the caller named. */
  readonly expected?: string | null;
  /** LEAF_CONFLICT: the leaf that is. */
  readonly actual?: string | null;
  /** IDEMPOTENCY_CONFLICT: the key. */
  readonly idempotencyKey?: string;
  /** IDEMPOTENCY_CONFLICT: id of the entry that was appended under it. */
  readonly storedId?: string;
  /**
   * WRITE_FAILED: whether the file ends where it ended before. False when another program wrote
   * behind the failed bytes or when cutting them back failed too: then they stay, as a torn tail
   * that the next append closes off.
   */
  readonly cutBack?: boolean;
  /** HARD_LINKED: how many names the file has. */
  readonly names?: number;
  /** LOCK_LOST: true when the entries were written all the same, and the chain forks. */
  readonly written?: boolean;
}

/** The one error class of leaflog. Tell errors apart by `code`. */
export class LeaflogError extends Error {
  override readonly name = "LeaflogError";
  readonly code: LeaflogErrorCode;
  declare readonly file?: string;
  declare readonly identity?: Readonly<Record<string, string>>;
  declare readonly reason?: RefusalReason;
  declare readonly waitedMs?: number;
  declare readonly ageMs?: number;
  declare readonly owner?: LockOwner;
  declare readonly expected?: string | null;
  declare readonly actual?: string | null;
  declare readonly idempotencyKey?: string;
  declare readonly storedId?: string;
  declare readonly cutBack?: boolean;
  declare readonly names?: number;
  declare readonly written?: boolean;

  constructor(code: LeaflogErrorCode, message: string, facts: LeaflogErrorFacts = {}) {
    const { cause, ...rest } = facts;
    super(
      facts.file === undefined ? message : `${message} (${facts.file})`,
      cause === undefined ? undefined : { cause },
    );
    this.code = code;
    Object.assign(this, rest);
  }
}
