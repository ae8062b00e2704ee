// For who compiles against the declarations: they name Node's types, and AsyncDisposable.
/// <reference types="node" preserve="true" />
/// <reference lib="esnext.disposable" preserve="true" />
export type { AppendResult, NotMigrated } from "./append/call/append-result.js";
export {
  onTranscriptUpdate,
  type TranscriptListener,
  type TranscriptUpdate,
} from "./append/commit/transcript-updates.js";
export {
  LeaflogError,
  type LeaflogErrorCode,
  type LeaflogErrorFacts,
  type LockOwner,
} from "./base/errors.js";
export type { Entry, EntryInput, EntryMessage, EntryRecord } from "./entry/entry.js";
export type { Header } from "./entry/header.js";
export {
  entryLinks,
  type FormatName,
  TRANSCRIPT_FORMATS,
  type TranscriptFormat,
} from "./entry/transcript-format.js";
export type { FileStat } from "./file/file-stat.js";
export type { FileSystem, OpenFile, OpenMode } from "./file/file-system.js";
export type { SlowLook } from "./file/local-looks.js";
export type { LookPolicy } from "./file/look.js";
export type { IdempotencyConflict } from "./keys/keyed-call.js";
export type { MigrationReport } from "./migration/migration.js";
export type { LockOptions } from "./options/lock-options.js";
export type {
  Durability,
  LinearPolicy,
  TranscriptOptions,
} from "./options/options.js";
export type { QueueOptions } from "./options/queue-options.js";
export type { BranchEnd } from "./read/branch/branch-walk.js";
export type { BranchOptions } from "./read/branch/read-branch.js";
export type { Leaf } from "./read/current-leaf.js";
export type { Reset, ResetReason } from "./read/cursor.js";
export type { FollowOptions } from "./read/follow/follow-entries.js";
export type { MalformedLine, MalformedLineOptions } from "./read/malformed-line.js";
export type { Page, PageOptions } from "./read/page/read-page.js";
export type { EntryOptions } from "./read/read-by-id.js";
export type { EntriesOptions } from "./read/read-entries.js";
export type { Snapshot, SnapshotOptions } from "./read/read-snapshot.js";
export type { TailOptions } from "./read/read-tail.js";
export type {
  EntryFinding,
  Extent,
  LinkFindings,
  Listed,
  MalformedFinding,
  MalformedSignature,
  VerifyProblem,
  VerifyReport,
} from "./read/verify/verify-report.js";
export type { RepairMode } from "./repair/repair-options.js";
export type {
  ChangePlace,
  MoveReason,
  RepairChange,
  RepairReport,
} from "./repair/repair-report.js";
export type { DamagedLine, TornTail } from "./scan/end/tail-damage.js";
export type { DamageReason } from "./scan/records/line-part.js";
export type { AppendOptions } from "./transcript/call/append-options.js";
export type {
  AppendOnceOptions,
  StagedOnce,
  Transaction,
  TransactionOptions,
} from "./transcript/call/transaction.js";
export {
  type MigrateTranscriptOptions,
  migrateTranscript,
} from "./transcript/migrate-transcript.js";
export { openTranscript } from "./transcript/open-transcript.js";
export {
  followTranscript,
  type ReadOptions,
  readBranch,
  readEntries,
  readEntry,
  readHeader,
  readLeaf,
  readPage,
  readTail,
  snapshotTranscript,
} from "./transcript/read-transcript.js";
export {
  type RepairTranscriptOptions,
  repairTranscript,
} from "./transcript/repair-transcript.js";
export type { FlushOptions, Transcript, TranscriptStatus } from "./transcript/transcript.js";
export type { TranscriptPath } from "./transcript/transcript-path.js";
export type { TranscriptReader } from "./transcript/transcript-reader.js";
export {
  type VerifyTranscriptOptions,
  verifyTranscript,
} from "./transcript/verify-transcript.js";
