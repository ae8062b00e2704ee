import type { AppendResult } from "../append/call/append-result.js";
import { invalid } from "../base/arguments.js";
import { LeaflogError } from "../base/errors.js";
import { entrySnapshot } from "../entry/encoded-entry.js";
import type { EntryInput, EntryRecord } from "../entry/entry.js";
import type { MirrorResult } from "../mirror/mirror-options.js";
import { Pace } from "../scan/lines/pace.js";
import { WorkPace } from "../scan/lines/work-pace.js";
import { APPEND_MEMBERS, type AppendOptions } from "../transcript/call/append-options.js";
import {
  type AssistantTextOptions,
  type LatestAssistantText,
  latestAssistantText,
} from "./assistant-text.js";
import { type CallTerms, PluginCalls } from "./calls/plugin-calls.js";
import { EntryReading, entryChoice, type ReadEntriesOptions } from "./entry-reading.js";
import { HostLife } from "./host/host-life.js";
import {
  readArray,
  readFunction,
  readOptions,
  readSignal,
  readTimeout,
} from "./host/plugin-arguments.js";
import type { TranscriptHost, TranscriptRight } from "./host/transcript-host.js";
import { readIdentity, type TranscriptIdentity } from "./host/transcript-identity.js";
import { mirror, type SdkMirrorOptions } from "./mirror-call.js";
import type { TranscriptTransaction } from "./plugin-transaction.js";
import { type ReadDeltaOptions, readDelta, type TranscriptDelta } from "./transcript-delta.js";
import { type SdkUpdateListener, UpdateFeed } from "./update-feed.js";
import { type WriteLockCallOptions, withWriteLock } from "./write-lock-call.js";

/** Most entries of one batch. */
const MAX_BATCH = 65_536;

/**
 * What a plugin may do with transcripts. It names them by identity and never sees a path, neither
 * in an answer nor in an error. The functions need no `this`.
 *
 * The host is asked at every call. Its answer counts among what `signal` ends, and what `timeoutMs`
 * allows; functions that take no `timeoutMs` wait for it for 30 seconds (`LEAFLOG_TIMEOUT`).
 *
 * Every function may reject with `LEAFLOG_INVALID_ARGUMENT`, `LEAFLOG_REFUSED` (see `reason`),
 * `LEAFLOG_SUPERSEDED`, `LEAFLOG_CLOSED`, `LEAFLOG_ABORTED` and `LEAFLOG_HOST_FAILED`; the errors of
 * `Transcript` that they may reject with too have their codes and facts, `identity` in the place of
 * `file`, and as `cause` nothing but the operating system's code.
 */
export interface TranscriptSdk extends AsyncDisposable {
  /** Appends one entry. See `Transcript.append`. */
  append(
    identity: TranscriptIdentity,
    entry: EntryInput,
    options?: AppendOptions,
  ): Promise<AppendResult>;
  /**
   * Appends entries that belong together. See `Transcript.appendBatch`, for large batches above all:
   * their entries are to be left as they are until it has settled.
   */
  appendBatch(
    identity: TranscriptIdentity,
    entries: readonly EntryInput[],
    options?: AppendOptions,
  ): Promise<AppendResult[]>;
  /**
   * Brings messages that were said elsewhere into the transcript, each once. See `mirrorMessages`.
   *
   * @throws what a hook throws
   */
  mirror(identity: TranscriptIdentity, options: SdkMirrorOptions): Promise<MirrorResult>;
  /**
   * Reads, then appends, with nobody else appending in between: `run` is called with the lock held,
   * and what it appends to `tx` is written when it has returned, nothing when it throws. Everybody
   * else waits for it; a host puts an end to it, after 10 seconds by default.
   *
   * @returns what `run` returned
   * @throws what `run` throws
   */
  withWriteLock<T>(
    identity: TranscriptIdentity,
    run: (tx: TranscriptTransaction) => T | Promise<T>,
    options?: WriteLockCallOptions,
  ): Promise<T>;
  /** The entries, as far as they stood in the transcript when the first one was asked for. */
  readEntries(
    identity: TranscriptIdentity,
    options?: ReadEntriesOptions,
  ): AsyncGenerator<EntryRecord, void, undefined>;
  /** What is new since the cursor of an earlier answer. The cursor survives restarts. */
  readDelta(identity: TranscriptIdentity, options?: ReadDeltaOptions): Promise<TranscriptDelta>;
  /** What the assistant said last on the active branch, searched from the end, within bounds. */
  latestAssistantText(
    identity: TranscriptIdentity,
    options?: AssistantTextOptions,
  ): Promise<LatestAssistantText>;
  /**
   * Calls `listener` for what this process appends to transcripts that the plugin may read at that
   * time, after it was written and the lock was given back, in the order of each transcript. What a
   * listener throws becomes a process warning.
   *
   * @returns ends the subscription
   */
  onUpdate(listener: SdkUpdateListener): () => void;
  /** Ends this SDK, as the end of its host would. May be called again. */
  close(): Promise<void>;
}

/**
 * The SDK that a host gives to a plugin: one for each plugin, so that it can be ended alone.
 *
 * @throws LeaflogError `LEAFLOG_INVALID_ARGUMENT`
 */
export function createTranscriptSdk(host: TranscriptHost): TranscriptSdk {
  const calls = new PluginCalls(checkedHost(host));
  const feed = new UpdateFeed(calls);
  const close = () => calls.end(new LeaflogError("LEAFLOG_CLOSED", "closed"));
  return Object.freeze<TranscriptSdk>({
    append: async (identity, entry, options) => {
      const { terms, appendOptions } = readAppend(identity, options);
      const snapshot = entrySnapshot(entry);
      return calls.run(terms, async ({ transcript, rights, timeLeft }, signal) => {
        const limits = { signal, timeoutMs: timeLeft() };
        return visible(await transcript.append(snapshot, { ...appendOptions, ...limits }), rights);
      });
    },
    appendBatch: async (identity, entries, options) => {
      const { terms, appendOptions } = readAppend(identity, options);
      const snapshots = snapshotsOf(readArray("entries", entries, MAX_BATCH));
      return calls.run(terms, async ({ transcript, rights, timeLeft }, signal) => {
        const limits = { signal, timeoutMs: timeLeft() };
        const results = await transcript.appendBatch(snapshots, { ...appendOptions, ...limits });
        return rights.has("read")
          ? results
          : inSlices(results, (result) => visible(result, rights));
      });
    },
    mirror: async (identity, options) => mirror(calls, readIdentity(identity), options),
    withWriteLock: async (identity, run, options) =>
      withWriteLock(calls, readIdentity(identity), run, options),
    readEntries: (identity, options) => {
      const name = readIdentity(identity);
      calls.ensureOpen(name);
      return new EntryReading(calls, name, entryChoice(options));
    },
    readDelta: async (identity, options) => readDelta(calls, readIdentity(identity), options),
    latestAssistantText: async (identity, options) =>
      latestAssistantText(calls, readIdentity(identity), options),
    onUpdate: (listener) => feed.subscribe(readFunction("listener", listener)),
    close,
    [Symbol.asyncDispose]: close,
  });
}

/** The members of the options are checked by the transcript, but for what ends the call. */
function readAppend(
  name: unknown,
  options: unknown,
): { readonly terms: CallTerms; readonly appendOptions: AppendOptions } {
  const identity = readIdentity(name);
  const { signal, timeoutMs, ...rest } = readOptions("options", options, APPEND_MEMBERS);
  const limits = { signal: readSignal(signal), timeoutMs: readTimeout(timeoutMs) };
  const terms = { identity, right: "append", ...limits } as const;
  return { terms, appendOptions: rest as AppendOptions };
}

/**
 * What a plugin appends as it is at this moment, as much of it as a slice of work allows: the rest
 * is turned into JSON, in slices, when the call is let in.
 */
function snapshotsOf(entries: readonly unknown[]): EntryInput[] {
  const pace = new Pace();
  return entries.map((entry) => (pace.due ? (entry as EntryInput) : entrySnapshot(entry)));
}

async function inSlices<T, R>(values: readonly T[], map: (value: T) => R): Promise<R[]> {
  const pace = new WorkPace();
  const mapped: R[] = [];
  for (const value of values) {
    mapped.push(map(value));
    if (pace.isDue(0)) await pace.rest();
  }
  return mapped;
}

/** Who may not read learns that an entry is there, and not what it says. */
function visible(result: AppendResult, rights: ReadonlySet<TranscriptRight>): AppendResult {
  if (rights.has("read")) return result;
  const { entry: _, ...rest } = result;
  return rest;
}

function checkedHost(host: unknown): TranscriptHost {
  const { resolve, identify, life } = (host ?? {}) as Partial<TranscriptHost>;
  const fits = typeof resolve === "function" && ["undefined", "function"].includes(typeof identify);
  if (!fits) throw invalid("host", host, "a TranscriptHost, such as directoryHost makes");
  if (life !== undefined && !(life instanceof HostLife)) throw invalid("life", life, "a HostLife");
  return host as TranscriptHost;
}
