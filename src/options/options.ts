import { parse } from "node:path";
import { MAX_TIMEOUT_MS, nonBlank, oneOf, whole } from "../base/arguments.js";
import { ensureKnown, type MemberNames, memberNames } from "../base/known-members.js";
import {
  type FormatName,
  TRANSCRIPT_FORMATS,
  type TranscriptFormat,
} from "../entry/transcript-format.js";
import type { FileSystem } from "../file/file-system.js";
import { isErrno } from "../file/is-errno.js";
import type { LookPolicy } from "../file/look.js";
import { nodeFileSystem } from "../file/node-file-system.js";
import { MAX_OPEN_FILES } from "../file/slots.js";
import { LEAST_STALE_MS } from "../lock/file/lock-times.js";
import { LOCK_MEMBERS, type LockOptions } from "./lock-options.js";
import { QUEUE_MEMBERS, type QueueOptions } from "./queue-options.js";

const MiB = 1024 * 1024;

/** When an append is acknowledged. */
export type Durability =
  /** When `write(2)` returned: the entry survives the death of the process. */
  | "written"
  /** When `fdatasync` returned: the entry survives a power loss, as far as the medium is honest. */
  | "synced";

/**
 * What to do on meeting a linear transcript, or linear entries behind the last linked one.
 * - `auto`: migrate up to `migrateMaxBytes`; above, append raw (or link to the last linked entry);
 * - `migrate`: migrate whatever the size;
 * - `raw`: never rewrite: append raw, or link to the last linked entry;
 * - `reject`: reject with `LEAFLOG_LINEAR_TRANSCRIPT`.
 */
export type LinearPolicy = "auto" | "migrate" | "raw" | "reject";

/** Options of `openTranscript`. */
export interface TranscriptOptions {
  /**
   * Id of the header, should the transcript have to be created with one.
   * @default a random UUID
   * @example { sessionId: "0198c0de-6f6e-7c1a-9d2e-3b1f5a7c9e10" }
   */
  readonly sessionId?: string;
  /**
   * Working directory noted in a new header.
   * @default process.cwd()
   * @example { cwd: "/home/ann/project" }
   */
  readonly cwd?: string;
  /**
   * When an append is acknowledged.
   * @default "written"
   * @example { durability: "synced" } // survives a power loss
   */
  readonly durability?: Durability;
  /**
   * What to do on meeting linear entries.
   * @default "auto"
   * @example { linear: "reject" } // never rewrite a file that others made
   */
  readonly linear?: LinearPolicy;
  /**
   * Whether appending to a non-empty file whose first line is no header rejects with
   * `LEAFLOG_BAD_HEADER` (`required`) or goes on without one (`optional`). Formats without a
   * header have no such rule.
   * @default "required"
   * @example { header: "optional" } // files that other programs began without one
   */
  readonly header?: "required" | "optional";
  /**
   * Largest linear transcript, in bytes, that an append migrates under `auto`.
   * @default 8 MiB
   * @example { migrateMaxBytes: 64 * 1024 * 1024 }
   */
  readonly migrateMaxBytes?: number;
  /**
   * Longest line, in bytes, that is appended, or read with its body. Turning an entry into JSON or
   * back is one slice of work, about 3 ms per MB.
   * @default 64 MiB
   * @example { maxEntryBytes: 1024 * 1024 } // refuses images
   */
  readonly maxEntryBytes?: number;
  /**
   * Transcripts that this process holds open at once to append to them; further ones wait their
   * turn, which lasts as long as the lock is held. Each may take two descriptors. As many files
   * more may be open to be read: further readers wait until one of those is not being read right
   * now, which is closed, and opened again when it is read on. If another file has taken its place
   * meanwhile, that reader rejects with `LEAFLOG_READ_FAILED`; `follow` goes on with a reset.
   * @default 64
   * @example { maxOpenFiles: 500 } // where `ulimit -n` is high
   */
  readonly maxOpenFiles?: number;
  /**
   * The format of the transcript: `pi` (OpenClaw's too), `claude-code`, or `codex`, which can be
   * read, verified and repaired, and not appended to. Handles of one process on one file have to
   * agree. Without it a file that shows another format than these is refused with
   * `LEAFLOG_UNKNOWN_FORMAT`.
   * @default what the first 64 KiB of the file say, or its first lines where they are longer; `pi`
   * where they say nothing
   * @example { format: "claude-code" }
   */
  readonly format?: FormatName;
  /**
   * The write lock.
   * @example { lock: { timeoutMs: 5_000 } }
   */
  readonly lock?: LockOptions;
  /**
   * What may be pending.
   * @example { queue: { maxEntries: 1_000 } }
   */
  readonly queue?: QueueOptions;
  /**
   * How the file and its lock are looked at before each write, per file: the first handle of a
   * process that opens the file sets it.
   * - `auto`: by a synchronous `stat` of some 2 µs where the file system is known to be local and
   *   to answer from memory (ext2 to ext4, xfs, btrfs, f2fs, tmpfs, overlay, APFS). One that takes
   *   longer than 1 ms is told on the `node:diagnostics_channel` named `leaflog:slow-look`, as a
   *   {@link SlowLook}, and is repeated: if that takes as long, the looks at its device are
   *   asynchronous for a minute. Elsewhere (NFS,
   *   SMB, FUSE, what is not known) by an asynchronous one;
   * - `async`: always by an asynchronous one.
   * @default "auto"
   * @example { look: "async" } // nothing synchronous on disk at all
   */
  readonly look?: LookPolicy;
  /**
   * Permission bits of a new transcript, whatever the umask.
   * @default 0o600
   * @example { mode: 0o640 } // readable for the group
   */
  readonly mode?: number;
  /**
   * The port for all disk operations.
   * @default the real disk
   * @example { fileSystem: port } // one of your own, around another disk or for tests
   */
  readonly fileSystem?: FileSystem;
}

/** What `openTranscript` takes. */
export const TRANSCRIPT_MEMBERS: MemberNames<TranscriptOptions> = memberNames<TranscriptOptions>({
  sessionId: true,
  cwd: true,
  durability: true,
  linear: true,
  header: true,
  migrateMaxBytes: true,
  maxEntryBytes: true,
  maxOpenFiles: true,
  format: true,
  lock: true,
  queue: true,
  look: true,
  mode: true,
  fileSystem: true,
});

/** Options with every default filled in and every value checked. */
export interface ResolvedOptions {
  readonly sessionId: string | undefined;
  readonly cwd: string;
  readonly durability: Durability;
  readonly linear: LinearPolicy;
  readonly header: "required" | "optional";
  readonly migrateMaxBytes: number;
  readonly maxEntryBytes: number;
  readonly maxOpenFiles: number;
  /** Undefined: to be seen by the file. */
  readonly format: TranscriptFormat | undefined;
  readonly lock: Required<LockOptions>;
  readonly queue: Required<QueueOptions>;
  readonly look: LookPolicy;
  readonly mode: number;
  readonly fileSystem: FileSystem;
}

/**
 * @throws LeaflogError `LEAFLOG_INVALID_ARGUMENT`, naming the option, the value and what is asked.
 */
export function resolveOptions(options: TranscriptOptions = {}): ResolvedOptions {
  const { lock = {}, queue = {} } = options;
  ensureKnown("lock", lock, LOCK_MEMBERS);
  ensureKnown("queue", queue, QUEUE_MEMBERS);
  return {
    sessionId: nonBlank("sessionId", options.sessionId),
    cwd: nonBlank("cwd", options.cwd) ?? currentDirectory(),
    durability: oneOf("durability", options.durability, ["written", "synced"]),
    linear: oneOf("linear", options.linear, ["auto", "migrate", "raw", "reject"]),
    header: oneOf("header", options.header, ["required", "optional"]),
    migrateMaxBytes: whole("migrateMaxBytes", options.migrateMaxBytes, 8 * MiB, 0),
    maxEntryBytes: whole("maxEntryBytes", options.maxEntryBytes, 64 * MiB, 1),
    maxOpenFiles: whole("maxOpenFiles", options.maxOpenFiles, MAX_OPEN_FILES, 1),
    format: formatNamed(options.format),
    lock: {
      staleMs: whole("lock.staleMs", lock.staleMs, 10_000, LEAST_STALE_MS),
      timeoutMs: whole("lock.timeoutMs", lock.timeoutMs, 30_000, 1, MAX_TIMEOUT_MS),
      idleMs: whole("lock.idleMs", lock.idleMs, 5, 0, MAX_TIMEOUT_MS),
      maxHoldMs: whole("lock.maxHoldMs", lock.maxHoldMs, 100, 1),
    },
    queue: {
      maxEntries: whole("queue.maxEntries", queue.maxEntries, 65_536, 1),
      maxBytes: whole("queue.maxBytes", queue.maxBytes, 64 * MiB, 1),
      maxBatchBytes: whole("queue.maxBatchBytes", queue.maxBatchBytes, MiB, 1),
    },
    look: oneOf("look", options.look, ["auto", "async"]),
    mode: whole("mode", options.mode, 0o600, 0, 0o777),
    fileSystem: options.fileSystem ?? nodeFileSystem,
  };
}

/** Of this process; the root where it has been removed, for absolute paths need none. */
function currentDirectory(): string {
  try {
    return process.cwd();
  } catch (error) {
    if (isErrno(error, "ENOENT")) return parse(process.execPath).root;
    throw error;
  }
}

function formatNamed(name: FormatName | undefined): TranscriptFormat | undefined {
  if (name === undefined) return undefined;
  const names = Object.keys(TRANSCRIPT_FORMATS) as FormatName[];
  return TRANSCRIPT_FORMATS[oneOf("format", name, names)];
}
