import { onTranscriptUpdate, type TranscriptUpdate } from "../append/commit/transcript-updates.js";
import type { Entry } from "../entry/entry.js";
import type { PluginCalls } from "./calls/plugin-calls.js";
import type { TranscriptIdentity } from "./host/transcript-identity.js";
import { onTranscriptNotice, type TranscriptNotice } from "./transcript-notices.js";

/** A new entry, told after it was written and the lock was given back. */
export interface EntryUpdate {
  readonly kind: "entry";
  readonly identity: TranscriptIdentity;
  readonly id: string;
  /** Undefined after a raw append. */
  readonly parentId: string | null | undefined;
  readonly linked: boolean;
  /** The entry's line: bytes from the start of the transcript. */
  readonly offset: number;
  /** The entry's line: bytes, without the newline. */
  readonly length: number;
  /** See `TranscriptUpdate`. */
  readonly messageSeq: number | undefined;
  /** The entry as it stands in the transcript; a copy for each listener. */
  readonly entry: Entry;
}

/** What a plugin published within `withWriteLock`. */
export interface NoticeUpdate {
  readonly kind: "notice";
  readonly identity: TranscriptIdentity;
  /** JSON; a copy for each listener. */
  readonly detail: unknown;
}

export type SdkUpdate = EntryUpdate | NoticeUpdate;
export type SdkUpdateListener = (update: SdkUpdate) => void;

type Happened = TranscriptUpdate | TranscriptNotice;

/** Tells a plugin's listeners of what happens in the transcripts that it may read. */
export class UpdateFeed {
  readonly #calls: PluginCalls;
  readonly #listeners = new Set<SdkUpdateListener>();
  #happened: Happened[] = [];
  #telling = false;
  #stop: (() => void) | undefined;

  constructor(calls: PluginCalls) {
    this.#calls = calls;
    calls.signal.addEventListener("abort", () => this.#end());
  }

  /** @returns ends the subscription */
  subscribe(listener: SdkUpdateListener): () => void {
    this.#calls.ensureOpen();
    // A wrapper of its own for each subscription, so that one function can subscribe twice.
    const subscription: SdkUpdateListener = (update) => listener(update);
    this.#listeners.add(subscription);
    this.#stop ??= this.#listen();
    return () => {
      if (this.#listeners.delete(subscription) && this.#listeners.size === 0) this.#end();
    };
  }

  #listen(): () => void {
    const see = (happened: Happened): void => {
      this.#happened.push(happened);
      if (this.#telling) return;
      this.#telling = true;
      void this.#tell();
    };
    const stops = [onTranscriptUpdate(see), onTranscriptNotice(see)];
    return () => {
      for (const stop of stops) stop();
    };
  }

  #end(): void {
    this.#stop?.();
    this.#stop = undefined;
    this.#listeners.clear();
    this.#happened = [];
  }

  async #tell(): Promise<void> {
    // A turn of the microtask queue, so that a group commit is looked up once.
    await Promise.resolve();
    while (this.#happened.length > 0) {
      const group = this.#happened.splice(0);
      const identities = new Map<string, TranscriptIdentity | undefined>();
      for (const { file } of group) {
        if (!identities.has(file)) identities.set(file, await this.#readable(file));
      }
      for (const happened of group) {
        const identity = identities.get(happened.file);
        if (identity === undefined) continue;
        for (const listener of [...this.#listeners]) void call(listener, told(happened, identity));
      }
    }
    this.#telling = false;
  }

  async #readable(file: string): Promise<TranscriptIdentity | undefined> {
    try {
      return await this.#calls.readableAt(file);
    } catch (error) {
      if (!this.#calls.signal.aborted) warn("an update could not be told", error);
      return undefined;
    }
  }
}

function told(happened: Happened, identity: TranscriptIdentity): SdkUpdate {
  if ("json" in happened) {
    return Object.freeze({ kind: "notice", identity, detail: JSON.parse(happened.json) });
  }
  const { id, parentId, linked, offset, length, messageSeq } = happened;
  let entry: Entry | undefined;
  return Object.freeze({
    kind: "entry",
    identity,
    id,
    parentId,
    linked,
    offset,
    length,
    messageSeq,
    get entry() {
      entry ??= structuredClone(happened.entry);
      return entry;
    },
  });
}

async function call(listener: SdkUpdateListener, update: SdkUpdate): Promise<void> {
  try {
    await listener(update);
  } catch (error) {
    warn("a transcript listener failed", error);
  }
}

function warn(what: string, error: unknown): void {
  const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.emitWarning(`${what}: ${why}`, "LeaflogWarning");
}
