import type { TranscriptOptions } from "../options.js";
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
 * reaches the plugin as `LEAFLOG_HOST_FAILED` without its text.
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
  /** Whether and how it ended. @default it never ends */
  readonly life?: HostLife;
}
