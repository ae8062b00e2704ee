import { AsyncResource } from "node:async_hooks";
import type { Entry } from "../../entry/entry.js";
import { Pace } from "../../scan/lines/pace.js";
import type { GroupCommit } from "./group.js";

/** One new entry of a transcript, published after it was written and the lock was given back. */
export class TranscriptUpdate {
  /** Absolute path of the transcript, symlinks resolved. */
  readonly file: string;
  readonly id: string;
  /** Undefined after a raw append. */
  readonly parentId: string | null | undefined;
  readonly linked: boolean;
  /** The entry's line: bytes from the start of the file. */
  readonly offset: number;
  /** The entry's line: bytes, without the newline. */
  readonly length: number;
  /**
   * Of an entry of type `message` that was written together with keyed ones: which message of the
   * file it is, from 1 on, wherever in the tree they stand.
   */
  readonly messageSeq: number | undefined;
  #line: (() => string) | undefined;
  #entry: Entry | undefined;

  constructor(
    file: string,
    line: () => string,
    at: Pick<TranscriptUpdate, "id" | "parentId" | "linked" | "offset" | "length"> & {
      readonly messageSeq?: number;
    },
  ) {
    this.file = file;
    this.id = at.id;
    this.parentId = at.parentId;
    this.linked = at.linked;
    this.offset = at.offset;
    this.length = at.length;
    this.messageSeq = at.messageSeq;
    this.#line = line;
  }

  /** The entry as it stands in the file; parsed on the first use. */
  get entry(): Entry {
    if (this.#line) this.#entry = JSON.parse(this.#line()) as Entry;
    this.#line = undefined;
    return this.#entry as Entry;
  }
}

export type TranscriptListener = (update: TranscriptUpdate) => void;

const listeners = new Set<TranscriptListener>();

/**
 * Calls `listener` for each entry that this process appends to any transcript: after it was
 * written and the lock was given back, in the order of the file. What a listener throws becomes a
 * process warning and disturbs neither the append nor the other listeners. It is called in the
 * asynchronous context (`AsyncLocalStorage`) in which it was subscribed: one group commit has the
 * appends of many callers.
 *
 * @returns ends the subscription
 */
export function onTranscriptUpdate(listener: TranscriptListener): () => void {
  // A function of its own for each subscription, so that one listener can subscribe twice.
  const subscription = AsyncResource.bind((update: TranscriptUpdate) => listener(update));
  listeners.add(subscription);
  return () => {
    listeners.delete(subscription);
  };
}

/** The updates of a group commit, one after another; none when nobody listens. */
export function* updatesOf(file: string, group: GroupCommit): Generator<TranscriptUpdate, void> {
  if (listeners.size === 0) return;
  for (const { call, results } of group.written) {
    for (const [index, result] of results.entries()) {
      if (!result.appended) continue;
      yield new TranscriptUpdate(file, call.laterLine(index, result.parentId), result);
    }
  }
}

/** Tells the listeners, in slices: each may turn the entry into an object. */
export async function publishTranscriptUpdates(
  updates: readonly TranscriptUpdate[],
): Promise<void> {
  const pace = new Pace();
  for (const update of updates) {
    for (const listener of [...listeners]) void call(listener, update);
    if (pace.due) await pace.pause();
  }
}

async function call(listener: TranscriptListener, update: TranscriptUpdate): Promise<void> {
  try {
    await listener(update);
  } catch (error) {
    const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.emitWarning(`a transcript listener failed: ${why}`, "LeaflogWarning");
  }
}
