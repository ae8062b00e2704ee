import type { AppendResult } from "../append/call/append-result.js";
import { invalid } from "../base/arguments.js";
import { LeaflogError } from "../base/errors.js";
import { ensureKnown, memberNames } from "../base/known-members.js";
import type { EntryInput, EntryRecord } from "../entry/entry.js";
import type { KeyQuery } from "../keys/key-query.js";
import type { ResolvedOptions } from "../options/options.js";
import { currentLeaf, type Leaf } from "../read/current-leaf.js";
import type { FollowOptions } from "../read/follow/follow-entries.js";
import { type AppendOptions, PLAIN } from "./call/append-options.js";
import { CallMaker } from "./call/call-maker.js";
import {
  ensureOutsideTransaction,
  runAsTransaction,
  TRANSACTION_MEMBERS,
  Transaction,
  type TransactionOptions,
} from "./call/transaction.js";
import { shareWriter, type WriterShare } from "./open-writers.js";
import { grantAccess } from "./transcript-access.js";
import { sourceOf, TranscriptReader } from "./transcript-reader.js";

/**
 * How a handle stands:
 * - `open`: it may be appended to;
 * - `poisoned`: a sync failed, and every append rejects with `LEAFLOG_POISONED`. Close it, open the
 *   transcript again and append what it lacks;
 * - `closed`: `close` was called. It can be read still.
 */
export type TranscriptStatus = "open" | "poisoned" | "closed";

/** Options of `flush`. */
export interface FlushOptions {
  /** Whether what was written is handed to the medium, too. @default false */
  readonly sync?: boolean;
}

const FLUSH_MEMBERS = memberNames<FlushOptions>({ sync: true });

/**
 * A handle on one transcript, to read it and to append to it. Handles on one file share its queue,
 * lock and descriptor, under whatever name they were opened; close each.
 */
export class Transcript extends TranscriptReader implements AsyncDisposable {
  static {
    grantAccess((transcript: Transcript) => ({
      options: transcript.#options,
      writer: transcript.#share.writer,
      ensureOpen: () => transcript.#ensureOpen(),
      encodeMessage: (message, key) => transcript.#calls.message(message, key),
    }));
  }

  readonly #options: ResolvedOptions;
  readonly #share: WriterShare;
  readonly #calls: CallMaker;
  /** Ends what would wait for ever; made when there is such. */
  #closed: AbortController | undefined;
  #closing: Promise<void> | undefined;

  /** Use {@link openTranscript}. */
  constructor(file: string, options: ResolvedOptions) {
    super(sourceOf(file, options));
    this.#options = options;
    this.#share = shareWriter(file, options);
    this.#calls = new CallMaker(file, options, () => this.#share.writer.lastTail);
  }

  /** How it stands just now. */
  get status(): TranscriptStatus {
    if (this.#closing) return "closed";
    return this.#share.writer.poison ? "poisoned" : "open";
  }

  /**
   * Appends one entry behind the leaf. Resolves when it is written, or synced, as `durability`
   * says. Calls take effect in their order; the entry is serialized before the call returns.
   *
   * @throws LeaflogError `LEAFLOG_NOT_SERIALIZABLE`, `LEAFLOG_INVALID_ARGUMENT`,
   * `LEAFLOG_ENTRY_TOO_LARGE`, `LEAFLOG_CLOSED`, `LEAFLOG_ABORTED`, `LEAFLOG_QUEUE_FULL`,
   * `LEAFLOG_TIMEOUT`, `LEAFLOG_LOCK_TIMEOUT`, `LEAFLOG_LOCK_FAILED`, `LEAFLOG_LOCK_LOST`,
   * `LEAFLOG_LEAF_CONFLICT`, `LEAFLOG_IDEMPOTENCY_CONFLICT`, `LEAFLOG_LEAF_UNREADABLE`,
   * `LEAFLOG_READ_FAILED`, `LEAFLOG_BAD_HEADER`, `LEAFLOG_LINEAR_TRANSCRIPT`,
   * `LEAFLOG_WRITE_FAILED`, `LEAFLOG_POISONED`. After any of them but the last two the file holds
   * nothing of the entry; these two tell what is known.
   */
  append(entry: EntryInput, options: AppendOptions = PLAIN): Promise<AppendResult> {
    return this.#one(entry, options, false);
  }

  /**
   * Appends `{ type: "message", message }`; in Claude Code's format an entry of the type that is the
   * message's role. See {@link append}.
   *
   * @param message an object with a `role`, a non-blank string; without one it is refused, as it is
   * in an entry of type `message` (`LEAFLOG_INVALID_ARGUMENT`)
   */
  appendMessage(message: object, options: AppendOptions = PLAIN): Promise<AppendResult> {
    if (typeof message === "object" && message !== null) {
      return this.#one({ type: "message", message }, options, true);
    }
    const error = new LeaflogError(
      "LEAFLOG_NOT_SERIALIZABLE",
      `a message must be an object; got ${message === null ? "null" : typeof message}`,
      { file: this.file },
    );
    return Promise.reject(error);
  }

  /**
   * Appends entries that belong together, each the parent of the next: all are written, or after a
   * crash an abandoned branch remains, or nothing is. See {@link append}.
   *
   * Entries that take more than a few milliseconds to be serialized are serialized in slices: the
   * list may be changed as soon as the call has returned, but leave the entries as they are until it
   * has settled. What is called meanwhile comes behind it.
   */
  async appendBatch(
    entries: readonly EntryInput[],
    options: AppendOptions = PLAIN,
  ): Promise<AppendResult[]> {
    if (!Array.isArray(entries)) throw invalid("entries", entries, "an array of entries");
    this.#ensureOpen();
    const { call, complete } = this.#calls.batch(entries, options);
    if (call.count === 0) return [];
    const { writer } = this.#share;
    if (complete) writer.appendLater(call, complete);
    else writer.append(call);
    return call.done;
  }

  #one(input: EntryInput, options: AppendOptions, isMessage: boolean): Promise<AppendResult> {
    try {
      this.#ensureOpen();
      const call = this.#calls.one(input, options, isMessage);
      this.#share.writer.append(call);
      return call.done;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Reads, then appends, with nobody else appending in between: `run` is called with the lock held,
   * and what it appends to `tx` is written with one write when it has returned, nothing when it
   * throws. Everybody else waits for it, so do nothing slow in there. Appending to the transcript
   * itself from within rejects with `LEAFLOG_IN_TRANSACTION`.
   *
   * @returns what `run` returned
   * @throws what `run` throws; LeaflogError `LEAFLOG_LEAF_CONFLICT` when a program that ignores the
   * lock appended meanwhile; otherwise as {@link append}
   */
  async transaction<T>(
    run: (tx: Transaction) => Promise<T>,
    options: TransactionOptions = {},
  ): Promise<T> {
    if (typeof run !== "function") throw invalid("run", run, "a function");
    ensureKnown("options", options, TRANSACTION_MEMBERS);
    this.#ensureOpen();
    const { writer } = this.#share;
    const timeoutMs = this.#calls.timeoutOf(options);
    return writer.transact({ ...options, timeoutMs }, async (tail) => {
      const { leafId: id = null, shape = "empty" } = tail?.leaf ?? {};
      const format = this.#calls.formatOf(tail);
      const { maxEntryBytes } = this.#options;
      const find = (query: KeyQuery) => writer.findHeld(query);
      const tx = new Transaction(this.file, this, { id, shape }, maxEntryBytes, { format }, find);
      const value = await runAsTransaction(writer, async () => run(tx)).finally(() => tx.finish());
      const entries = tx.finish();
      const call = entries.length > 0 ? this.#calls.staged(entries, timeoutMs) : undefined;
      return { value, call };
    });
  }

  override leaf(): Promise<Leaf> {
    return currentLeaf(this.source, this.#share.writer.lastTail);
  }

  /** As the reader's; `close` ends it, too. */
  override follow(options: FollowOptions = {}): AsyncGenerator<EntryRecord, void, undefined> {
    this.#closed ??= new AbortController();
    if (this.#closing) this.#closed.abort();
    const ends = [this.#closed.signal, ...(options.signal ? [options.signal] : [])];
    return super.follow({ ...options, signal: AbortSignal.any(ends) });
  }

  /**
   * Waits until every append before it is settled; with `sync`, until all that was written to the
   * file is handed to the medium.
   *
   * @throws LeaflogError `LEAFLOG_POISONED` when that failed. Failed appends reject on their own.
   */
  async flush(options: FlushOptions = {}): Promise<void> {
    ensureKnown("options", options, FLUSH_MEMBERS);
    this.#ensureOpen();
    const { writer } = this.#share;
    await (options.sync ? writer.sync() : writer.settle());
  }

  /**
   * Waits until every append before it is settled, then gives back lock and descriptor. Further
   * appends reject with `LEAFLOG_CLOSED`. May be called again.
   */
  async close(): Promise<void> {
    if (!this.#closing) ensureOutsideTransaction(this.#share.writer);
    this.#closed?.abort();
    this.#closing ??= this.#share.release();
    await this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #ensureOpen(): void {
    ensureOutsideTransaction(this.#share.writer);
    if (!this.#closing) return;
    const message = "the transcript handle is closed; open the transcript again";
    throw new LeaflogError("LEAFLOG_CLOSED", message, { file: this.file });
  }
}
