// For who compiles against the declarations: they name Node's types, and AsyncDisposable.
/// <reference types="node" preserve="true" />
/// <reference lib="esnext.disposable" preserve="true" />
export type { AppendResult } from "../append/append-result.js";
export type { Leaf } from "../append/current-leaf.js";
export type { Entry, EntryInput, EntryMessage, EntryRecord } from "../entry/entry.js";
export {
  LeaflogError,
  type LeaflogErrorCode,
  type LeaflogErrorFacts,
  type RefusalReason,
} from "../errors.js";
export type {
  MirrorContext,
  MirroredMessage,
  MirrorMessage,
  MirrorResult,
} from "../mirror/mirror-options.js";
export type { TranscriptOptions } from "../options.js";
export type { ResetReason } from "../read/cursor.js";
export type { AppendOptions } from "../transcript/append-options.js";
export type { AppendOnceOptions, StagedOnce } from "../transcript/transaction.js";
export type {
  AssistantTextOptions,
  LatestAssistantText,
  ReadingCost,
} from "./assistant-text.js";
export { type DirectoryHost, type DirectoryHostOptions, directoryHost } from "./directory-host.js";
export type { ReadEntriesOptions } from "./entry-reading.js";
export { HostLife, type HostState } from "./host-life.js";
export type { SdkMirrorOptions } from "./mirror-call.js";
export type { TranscriptTransaction } from "./plugin-transaction.js";
export { refusal } from "./refusal.js";
export type { ReadDeltaOptions, TranscriptDelta } from "./transcript-delta.js";
export type { TranscriptGrant, TranscriptHost, TranscriptRight } from "./transcript-host.js";
export type { TranscriptIdentity } from "./transcript-identity.js";
export { createTranscriptSdk, type TranscriptSdk } from "./transcript-sdk.js";
export type { EntryUpdate, NoticeUpdate, SdkUpdate, SdkUpdateListener } from "./update-feed.js";
export type { WriteLockCallOptions } from "./write-lock-call.js";
