import { LeaflogError } from "../errors.js";
import { invalid, MAX_TIMEOUT_MS, whole } from "../options.js";
import { Admission } from "./admission.js";
import { type GrantedTranscript, GrantedTranscripts } from "./granted-transcripts.js";
import { unlessAborted, withEither } from "./linked-signal.js";
import { PluginFailure, pluginError } from "./plugin-error.js";
import { refusal } from "./refusal.js";
import type { TranscriptGrant, TranscriptHost, TranscriptRight } from "./transcript-host.js";
import { identityKey, type TranscriptIdentity } from "./transcript-identity.js";

const HOLD_MS = 10_000;
/** Transcripts whose identity is remembered, for updates. */
const MAX_IDENTITIES = 4096;

/** What a call may use while it runs. */
export interface Access extends Pick<GrantedTranscript, "transcript" | "source"> {
  readonly maxHoldMs: number;
  readonly rights: ReadonlySet<TranscriptRight>;
}

/** What a call asks for. */
export interface CallTerms {
  readonly identity: TranscriptIdentity;
  readonly right: TranscriptRight;
  readonly signal?: AbortSignal | undefined;
}

interface Found {
  readonly taken: GrantedTranscript;
  readonly access: Access;
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
        return await this.#enter(terms, (access) => {
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
    const known = (await this.#host.identify?.(file)) ?? this.#identities.get(file);
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

  #enter<T>({ identity, right }: CallTerms, work: (access: Access) => Promise<T>): Promise<T> {
    const look = {
      find: () => this.#find(identity),
      done: ({ taken }: Found) => this.#transcripts.give(taken),
    };
    return this.#admission.enter(identityKey(identity), look, async ({ taken, access }) => {
      this.#transcripts.share(taken);
      let failure: unknown;
      try {
        if (!access.rights.has(right)) throw refusal("no-right", right);
        return await work(access);
      } catch (error) {
        failure = error;
        throw error;
      } finally {
        this.#transcripts.give(taken, failure);
      }
    });
  }

  async #find(identity: TranscriptIdentity): Promise<Found> {
    const { grant, rights, maxHoldMs } = await unlessAborted(this.signal, this.#ask(identity));
    const taken = await this.#transcripts.take(grant).catch((error: unknown) => {
      const wrong = error instanceof LeaflogError && error.code === "LEAFLOG_INVALID_ARGUMENT";
      throw wrong ? hostFailed(error) : error;
    });
    const { transcript, source } = taken;
    this.#remember(transcript.file, identity);
    return { taken, access: { transcript, source, rights, maxHoldMs } };
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
      throw isRefusal(error) ? error : hostFailed(error);
    }
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

function hostFailed(cause: unknown): LeaflogError {
  return new LeaflogError("LEAFLOG_HOST_FAILED", "the host failed", { cause });
}
