import { oneOf } from "../base/arguments.js";
import { memberNames } from "../base/known-members.js";
import type { EntryRecord } from "../entry/entry.js";
import { readBranch } from "../read/branch/read-branch.js";
import { readEntries } from "../read/read-entries.js";
import type { ReadSource } from "../read/read-source.js";
import type { PluginCalls } from "./calls/plugin-calls.js";
import { pluginError } from "./calls/plugin-error.js";
import { readOptions, readSignal } from "./host/plugin-arguments.js";
import type { TranscriptIdentity } from "./host/transcript-identity.js";

/** Options of `readEntries`. */
export interface ReadEntriesOptions {
  /**
   * - `branch`: the active branch alone, from its root to the leaf;
   * - `compacted`: of the active branch what the newest compaction kept, that compaction, and what
   *   came after it: what a model is shown;
   * - `all`: every entry of the transcript, abandoned branches too.
   *
   * @default "branch"
   */
  readonly which?: "branch" | "compacted" | "all";
  /**
   * In the order in which they were appended, or the other way round. A branch is walked from its
   * leaf: oldest first, it is read twice, and takes 8 bytes of memory an entry.
   * @default "oldest-first"
   */
  readonly order?: "oldest-first" | "newest-first";
  /** Ends the reading with `LEAFLOG_ABORTED`. */
  readonly signal?: AbortSignal;
}

/** Options that were checked. */
export interface EntryChoice {
  readonly which: "branch" | "compacted" | "all";
  readonly order: "oldest-first" | "newest-first";
  readonly signal: AbortSignal | undefined;
}

const READ_MEMBERS = memberNames<ReadEntriesOptions>({ which: true, order: true, signal: true });

/** @throws LeaflogError `LEAFLOG_INVALID_ARGUMENT` */
export function entryChoice(options: unknown): EntryChoice {
  const { which, order, signal } = readOptions("options", options, READ_MEMBERS);
  return {
    which: oneOf("which", which, ["branch", "compacted", "all"]),
    order: oneOf("order", order, ["oldest-first", "newest-first"]),
    signal: readSignal(signal),
  };
}

/** The entries of a transcript, read as they are asked for, in bounded memory. */
export class EntryReading implements AsyncGenerator<EntryRecord, void, undefined> {
  readonly #calls: PluginCalls;
  readonly #identity: TranscriptIdentity;
  readonly #choice: EntryChoice;
  readonly #controller = new AbortController();
  #forget: () => void = () => undefined;
  #entries: AsyncIterator<EntryRecord, unknown, undefined> | undefined;
  /** What was asked before is answered before. */
  #turn: Promise<unknown> = Promise.resolve();
  #over = false;
  /** What the next call of `next` is told. */
  #failure: unknown;

  constructor(calls: PluginCalls, identity: TranscriptIdentity, choice: EntryChoice) {
    this.#calls = calls;
    this.#identity = identity;
    this.#choice = choice;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<EntryRecord, void>> {
    return this.#inTurn(async () => {
      this.#throwFailure();
      if (this.#over) return done();
      try {
        this.#entries ??= await this.#begin();
        const { value, done: isLast } = await this.#entries.next();
        if (!isLast) return { value: value as EntryRecord, done: false };
      } catch (error) {
        this.#finish();
        throw this.#calls.told(error, this.#identity, this.#controller.signal);
      }
      this.#finish();
      return done();
    });
  }

  return(): Promise<IteratorResult<EntryRecord, void>> {
    return this.#inTurn(async () => {
      this.#finish();
      await this.#entries?.return?.();
      return done();
    });
  }

  async throw(error: unknown): Promise<IteratorResult<EntryRecord, void>> {
    await this.return();
    throw error;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work);
    // Who asked for that turn learns how it ended; the next one only waits for it.
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #begin(): Promise<AsyncIterator<EntryRecord, unknown, undefined>> {
    const { signal } = this.#controller;
    this.#attach();
    const terms = { identity: this.#identity, right: "read", signal } as const;
    const source = await this.#calls.run(terms, async (access) => access.source);
    return entriesOf(source, { ...this.#choice, signal });
  }

  #attach(): void {
    const forgets = [
      ...[this.#calls.signal, this.#choice.signal].map((signal) => this.#endWith(signal)),
      this.#calls.onEnd(() => this.#end()),
    ];
    this.#forget = () => {
      for (const forget of forgets) forget();
    };
  }

  /** The SDK has ended: the file is closed, and who goes on reading is told. */
  #end(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#over) return;
      this.#failure = pluginError(this.#calls.signal.reason, this.#identity);
      this.#finish();
      await this.#entries?.return?.();
    });
  }

  #throwFailure(): void {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure;
  }

  #endWith(signal: AbortSignal | undefined): () => void {
    const abort = (): void => this.#controller.abort(signal?.reason);
    if (signal?.aborted) abort();
    signal?.addEventListener("abort", abort);
    return () => signal?.removeEventListener("abort", abort);
  }

  #finish(): void {
    this.#over = true;
    this.#forget();
  }
}

/** The entries that were chosen; `signal` ends the reading. */
export function entriesOf(
  source: ReadSource,
  { which, order, signal }: EntryChoice,
): AsyncIterator<EntryRecord, unknown, undefined> {
  const newestFirst = order === "newest-first";
  if (which === "all") return readEntries(source, { reverse: newestFirst, signal });
  const untilCompaction = which === "compacted";
  return readBranch(source, undefined, { rootFirst: !newestFirst, untilCompaction, signal });
}

function done(): IteratorReturnResult<void> {
  return { value: undefined, done: true };
}
