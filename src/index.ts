export type { AppendResult, TornTail } from "./append/append-result.js";
export type { Leaf } from "./append/current-leaf.js";
export type { MigrationReport } from "./append/migration/migration.js";
export {
  onTranscriptUpdate,
  type TranscriptListener,
  type TranscriptUpdate,
} from "./append/transcript-updates.js";
export type { Entry, EntryInput, EntryRecord } from "./entry/entry.js";
export type { Header } from "./entry/header.js";
export {
  LeaflogError,
  type LeaflogErrorCode,
  type LeaflogErrorFacts,
  type LockOwner,
} from "./errors.js";
export type { FileStat } from "./file/file-stat.js";
export type { FileSystem, OpenFile, OpenMode } from "./file/file-system.js";
export type {
  Durability,
  LinearPolicy,
  LockOptions,
  QueueOptions,
  TranscriptOptions,
} from "./options.js";
export type { EntriesOptions } from "./read/read-entries.js";
export {
  type MigrateTranscriptOptions,
  migrateTranscript,
} from "./transcript/migrate-transcript.js";
export { openTranscript } from "./transcript/open-transcript.js";
export type { Transaction } from "./transcript/transaction.js";
export type { AppendOptions, Transcript } from "./transcript/transcript.js";
