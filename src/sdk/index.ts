// For who compiles against the declarations: they name Node's types, and AsyncDisposable.
/// <reference types="node" preserve="true" />
/// <reference lib="esnext.disposable" preserve="true" />
export type { AppendResult } from "../append/call/append-result.js";
export {
  LeaflogError,
  type LeaflogErrorCode,
  type LeaflogErrorFacts,
  type RefusalReason,
} from "../base/errors.js";
export type { Entry, EntryInput, EntryMessage, EntryRecord } from "../entry/entry.js";
export type {
  MirrorContext,
  MirroredMessage,
  MirrorMessage,
  MirrorResult,
} from "../mirror/mirror-options.js";
export type { TranscriptOptions } from "../options/options.js";
export type { Leaf } from "../read/current-leaf.js";
export type { ResetReason } from "../read/cursor.js";
export type { AppendOptions } from "../transcript/call/append-options.js";
export type { AppendOnceOptions, StagedOnce } from "../transcript/call/transaction.js";
export type {
  AssistantTextOptions,
  LatestAssistantText,
  ReadingCost,
} from "./assistant-text.js";
export type { ReadEntriesOptions } from "./entry-reading.js";
export {
  type DirectoryHost,
  type DirectoryHostOptions,
  directoryHost,
} from "./host/directory-host.js";
export { HostLife, type HostState } from "./host/host-life.js";
export { refusal } from "./host/refusal.js";
export type { TranscriptGrant, TranscriptHost, TranscriptRight } from "./host/transcript-host.js";
export type { TranscriptIdentity } from "./host/transcript-identity.js";
export type { SdkMirrorOptions } from "./mirror-call.js";
export type { TranscriptTransaction } from "./plugin-transaction.js";
export type { ReadDeltaOptions, TranscriptDelta } from "./transcript-delta.js";
export { createTranscriptSdk, type TranscriptSdk } from "./transcript-sdk.js";
export type { EntryUpdate, NoticeUpdate, SdkUpdate, SdkUpdateListener } from "./update-feed.js";
export type { WriteLockCallOptions } from "./write-lock-call.js";
