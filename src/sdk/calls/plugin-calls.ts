import { invalid, MAX_TIMEOUT_MS, whole } from "../../base/arguments.js";
import { LeaflogError } from "../../base/errors.js";
import { accessOf } from "../../transcript/transcript-access.js";
import { refusal } from "../host/refusal.js";
import type { TranscriptGrant, TranscriptHost, TranscriptRight } from "../host/transcript-host.js";
import { identityKey, type TranscriptIdentity } from "../host/transcript-identity.js";
import { Admission } from "./admission.js";
import { CallDeadline } from "./call-deadline.js";
import { type GrantedTranscript, GrantedTranscripts } from "./granted-transcripts.js";
import { unlessAborted, withEither } from "./linked-signal.js";
import { PluginFailure, pluginError } from "./plugin-error.js";

const HOLD_MS = 10_000;
/** Transcripts whose identity is remembered, for updates. */
const MAX_IDENTITIES = 4096;

/** What a call may use while it runs. */
export interface Access extends Pick<GrantedTranscript, "transcript" | "source"> {
  readonly maxHoldMs: number;
  readonly rights: ReadonlySet<TranscriptRight>;
  /**
   * Milliseconds that the call may take still; without a deadline of its own those of the transcript.
   *
   * @throws LeaflogError `LEAFLOG_TIMEOUT`
   */
  timeLeft(): number;
}

/** What a call asks for. */
export interface CallTerms {
  readonly identity: TranscriptIdentity;
  readonly right: TranscriptRight;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds for all of it, the host's answer included. @default the transcript's; 30,000 for the answer */
  readonly timeoutMs?: number | undefined;
}

interface Found {
  readonly taken: GrantedTranscript;
  readonly access: Omit<Access, "timeLeft">;
}

/**
 * All calls of one plugin on their way through its host: each is looked up and judged anew, ended
 * when the host ends, and its error told without paths.
 */
export class PluginCalls {
  readonly #host: TranscriptHost;
  readonly #admission = new Admission<Found>();
  readonly #transcripts = new GrantedTranscripts();
  readonly #ended = new AbortController();
  readonly #running = new Set<Promise<unknown>>();
  readonly #endings = new Set<() => Promise<unknown>>();
  /** By real path, what was used last under which identity; the oldest first. */
  readonly #identities = new Map<string, TranscriptIdentity>();
  readonly #detach: (() => void) | undefined;
  #ending: Promise<void> | undefined;

  constructor(host: TranscriptHost) {
    this.#host = host;
    const { life } = host;
    if (life?.signal.aborted) this.#ended.abort(life.signal.reason);
    else this.#detach = life?.attach(() => this.end(life.signal.reason));
  }

  /** Aborted when nothing may be read or written any more. */
  get signal(): AbortSignal {
    return this.#ended.signal;
  }

  /** @throws LeaflogError `LEAFLOG_CLOSED`, `LEAFLOG_SUPERSEDED` */
  ensureOpen(identity?: TranscriptIdentity): void {
    if (this.signal.aborted) throw pluginError(this.signal.reason, identity);
  }

  /**
   * Runs `work` on a transcript when the host lets it; its synchronous part in the order of calls.
   *
   * @throws LeaflogError for plugins, or what a {@link PluginFailure} holds
   */
  async run<T>(
    terms: CallTerms,
    work: (access: Access, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const { identity, signal } = terms;
    this.ensureOpen(identity);
    const running = withEither(this.signal, signal, async (either) => {
      try {
        return await this.#enter(terms, either, (access) => {
          either.throwIfAborted();
          return work(access, either);
        });
      } catch (error) {
        throw this.told(error, identity, either);
      }
    });
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }

  /** What a plugin is told of an error of a call that `signal` would have ended. */
  told(error: unknown, identity: TranscriptIdentity, signal: AbortSignal): unknown {
    if (error instanceof PluginFailure) return error.failure;
    if (!(error instanceof LeaflogError) && error !== signal.reason) {
      return pluginError(this.#hostFailed(error, identity), identity);
    }
    const { reason } = signal;
    const isReason = signal.aborted && error === reason;
    const aborted = isReason || (error instanceof LeaflogError && error.code === "LEAFLOG_ABORTED");
    if (aborted && this.signal.aborted && reason === this.signal.reason) {
      return pluginError(reason, identity);
    }
    if (!isReason) return pluginError(error, identity);
    return pluginError(new LeaflogError("LEAFLOG_ABORTED", "aborted", { cause: reason }), identity);
  }

  /**
   * The identity of the transcript at a real path, if the plugin may read it.
   *
   * @throws LeaflogError when the host could not tell
   */
  async readableAt(file: string): Promise<TranscriptIdentity | undefined> {
    const known = (await this.#identityAt(file)) ?? this.#identities.get(file);
    if (known === undefined) return undefined;
    try {
      const right = "read";
      const found = await this.run(
        { identity: known, right },
        async ({ transcript }) => transcript.file,
      );
      return found === file ? known : undefined;
    } catch (error) {
      if (isRefusal(error)) return undefined;
      throw error;
    }
  }

  /** Has `end` called, and waited for, when nothing may be read or written any more. */
  onEnd(end: () => Promise<unknown>): () => void {
    this.#endings.add(end);
    return () => {
      this.#endings.delete(end);
    };
  }

  /** Ends what is under way and gives all back. May be called again. */
  end(reason: unknown): Promise<void> {
    this.#ending ??= this.#end(reason);
    return this.#ending;
  }

  async #end(reason: unknown): Promise<void> {
    this.#ended.abort(reason);
    await Promise.allSettled([...this.#running, ...[...this.#endings].map((end) => end())]);
    await this.#transcripts.close();
    this.#detach?.();
  }

  #enter<T>(
    { identity, right, timeoutMs }: CallTerms,
    signal: AbortSignal,
    work: (access: Access) => Promise<T>,
  ): Promise<T> {
    const deadline = new CallDeadline(identity, timeoutMs);
    const look = {
      find: (unwanted: AbortSignal) => this.#find(identity, unwanted),
      done: ({ taken }: Found) => this.#transcripts.give(taken),
    };
    return deadline.whileHostAnswers(signal, (patience, answered) =>
      this.#admission.enter(identityKey(identity), look, patience, async ({ taken, access }) => {
        answered();
        this.#transcripts.share(taken);
        let failure: unknown;
        try {
          if (!access.rights.has(right)) throw refusal("no-right", right);
          const { lock } = accessOf(taken.transcript).options;
          return await work({ ...access, timeLeft: () => deadline.left(lock.timeoutMs) });
        } catch (error) {
          failure = error;
          throw error;
        } finally {
          this.#transcripts.give(taken, failure);
        }
      }),
    );
  }

  async #find(identity: TranscriptIdentity, unwanted: AbortSignal): Promise<Found> {
    const { grant, rights, maxHoldMs } = await unlessAborted(unwanted, this.#ask(identity));
    const taken = await this.#take(grant, identity, unwanted);
    const { transcript, source } = taken;
    this.#remember(transcript.file, identity);
    return { taken, access: { transcript, source, rights, maxHoldMs } };
  }

  async #take(
    grant: TranscriptGrant,
    identity: TranscriptIdentity,
    unwanted: AbortSignal,
  ): Promise<GrantedTranscript> {
    const taking = this.#transcripts.take(grant);
    try {
      return await unlessAborted(unwanted, taking);
    } catch (error) {
      // Whoever gave up the wait has nothing to give back yet.
      if (unwanted.aborted)
        void taking.then(
          (taken) => this.#transcripts.give(taken),
          () => undefined,
        );
      const isWrong = error instanceof LeaflogError && error.code === "LEAFLOG_INVALID_ARGUMENT";
      throw isWrong ? this.#hostFailed(error, identity) : error;
    }
  }

  /** What the host grants; what it does wrong is none of the plugin's. */
  async #ask(
    identity: TranscriptIdentity,
  ): Promise<Pick<Access, "rights" | "maxHoldMs"> & { readonly grant: TranscriptGrant }> {
    try {
      const grant = await this.#host.resolve(identity);
      if (grant === undefined) throw refusal("unknown-identity");
      const rights = rightsOf(grant);
      const maxHoldMs = whole("maxHoldMs", grant.maxHoldMs, HOLD_MS, 1, MAX_TIMEOUT_MS);
      return { grant, rights, maxHoldMs };
    } catch (error) {
      throw isRefusal(error) ? error : this.#hostFailed(error, identity);
    }
  }

  async #identityAt(file: string): Promise<TranscriptIdentity | undefined> {
    const { identify } = this.#host;
    if (identify === undefined) return undefined;
    const ask = async () => identify.call(this.#host, file);
    return new CallDeadline(undefined, undefined).whileHostAnswers(this.signal, (patience) => {
      const asked = ask().catch((error: unknown) => {
        this.#hostFailed(error, undefined);
        throw error;
      });
      return unlessAborted(patience, asked);
    });
  }

  /** The host alone is told what went wrong on its side. */
  #hostFailed(cause: unknown, identity: TranscriptIdentity | undefined): LeaflogError {
    const message = "the host of an SDK failed; the plugin was told so, and not the cause";
    const error = new LeaflogError("LEAFLOG_HOST_FAILED", message, {
      cause,
      ...(identity && { identity }),
    });
    try {
      this.#host.onHostError?.(error);
    } catch (failure) {
      const why = failure instanceof Error ? failure.message : String(failure);
      process.emitWarning(`onHostError of a TranscriptHost failed: ${why}`, "LeaflogWarning");
    }
    return error;
  }

  #remember(file: string, identity: TranscriptIdentity): void {
    this.#identities.delete(file);
    this.#identities.set(file, identity);
    if (this.#identities.size <= MAX_IDENTITIES) return;
    for (const oldest of this.#identities.keys()) {
      this.#identities.delete(oldest);
      return;
    }
  }
}

/** @throws LeaflogError `LEAFLOG_INVALID_ARGUMENT` */
function rightsOf({ rights }: TranscriptGrant): Set<TranscriptRight> {
  const all: readonly unknown[] = Array.isArray(rights) ? rights : [rights];
  const wrong = all.find((right) => right !== "read" && right !== "append");
  if (wrong !== undefined || !Array.isArray(rights) || all.includes(undefined)) {
    throw invalid("rights", wrong, 'an array of "read" and "append"');
  }
  return new Set(rights as TranscriptRight[]);
}

function isRefusal(error: unknown): boolean {
  return error instanceof LeaflogError && error.code === "LEAFLOG_REFUSED";
}
