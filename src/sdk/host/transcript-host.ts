import type { LeaflogError } from "../../base/errors.js";
import type { TranscriptOptions } from "../../options/options.js";
import type { HostLife } from "./host-life.js";
import type { TranscriptIdentity } from "./transcript-identity.js";

/** What a plugin may do with a transcript. Neither includes the other. */
export type TranscriptRight = "read" | "append";

/** Where the transcript of an identity is, and what a plugin may do with it. */
export interface TranscriptGrant {
  /** Path of the transcript, which need not exist. Plugins never learn it. */
  readonly file: string;
  readonly rights: readonly TranscriptRight[];
  /** For opening it; what counts is what was given first, as long as it is open. */
  readonly options?: TranscriptOptions;
  /**
   * Milliseconds for which the callback of `withWriteLock` may keep the lock; when they are over,
   * nothing is written and the call rejects with `LEAFLOG_TIMEOUT`.
   * @default 10_000
   */
  readonly maxHoldMs?: number;
}

/**
 * What stands between plugins and transcripts. The methods are asked before every call, so that
 * what they say holds from then on; what they throw, `LEAFLOG_REFUSED` with its `reason` excepted,
 * reaches the plugin as `LEAFLOG_HOST_FAILED` without its text, and `onHostError` as it was thrown.
 * Nobody waits for an answer longer than for the deadline of the call, or its signal.
 */
export interface TranscriptHost {
  /**
   * Where the transcript of that identity is; undefined when there is no place for it, which is
   * refused as `unknown-identity`. The members are strings that a plugin chose: what is made into a
   * path has to be checked.
   */
  resolve(
    identity: TranscriptIdentity,
  ): TranscriptGrant | undefined | Promise<TranscriptGrant | undefined>;
  /**
   * The identity of the transcript at an absolute path; undefined for what no plugin should hear
   * of. Without it, `onUpdate` tells of the transcripts that were used through the same SDK.
   */
  identify?(file: string): TranscriptIdentity | undefined | Promise<TranscriptIdentity | undefined>;
  /**
   * Told of each failure on the host's side, which plugins learn the code of alone: a
   * `LEAFLOG_HOST_FAILED` with the `identity` that was asked for, where it was one, and as `cause`
   * what `resolve` or `identify` threw, or what is wrong with the answer. Not to be handed to plugins.
   * What it throws becomes a process warning. @default nobody is told
   */
  onHostError?(error: LeaflogError): void;
  /** Whether and how it ended. @default it never ends */
  readonly life?: HostLife;
}
