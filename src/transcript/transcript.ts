import { AppendCall } from "../append/append-call.js";
import type { AppendResult } from "../append/append-result.js";
import { currentLeaf, type Leaf } from "../append/current-leaf.js";
import type { KeyQuery } from "../append/idempotency/key-query.js";
import type { KeyedCall } from "../append/idempotency/keyed-call.js";
import { aborted } from "../append/pending-calls.js";
import type { EncodedEntry } from "../entry/encoded-entry.js";
import type { EntryInput, EntryRecord } from "../entry/entry.js";
import { LeaflogError } from "../errors.js";
import { invalid, MAX_TIMEOUT_MS, type ResolvedOptions, whole } from "../options.js";
import type { FollowOptions } from "../read/follow-entries.js";
import { AppendEncoding } from "./append-encoding.js";
import { type AppendOptions, keyedCall, keysOf } from "./append-options.js";
import { shareWriter, type WriterShare } from "./open-writers.js";
import {
  ensureOutsideTransaction,
  runAsTransaction,
  Transaction,
  type TransactionOptions,
} from "./transaction.js";
import { grantAccess } from "./transcript-access.js";
import { sourceOf, TranscriptReader } from "./transcript-reader.js";

/**
 * A handle on one transcript, to read it and to append to it. Handles on one file share its queue,
 * lock and descriptor, under whatever name they were opened; close each.
 */
export class Transcript extends TranscriptReader implements AsyncDisposable {
  static {
    grantAccess((transcript) => ({
      options: transcript.#options,
      writer: transcript.#share.writer,
      ensureOpen: () => transcript.#ensureOpen(),
      encodeMessage: (message, key) => transcript.#encodeMessage(message, key),
    }));
  }

  readonly #options: ResolvedOptions;
  readonly #share: WriterShare;
  readonly #encoding: AppendEncoding;
  /** Ends what would wait for ever. */
  readonly #closed = new AbortController();
  #closing: Promise<void> | undefined;

  /** Use {@link openTranscript}. */
  constructor(file: string, options: ResolvedOptions) {
    super(sourceOf(file, options));
    this.#options = options;
    this.#share = shareWriter(file, options);
    this.#encoding = new AppendEncoding(file, options, () => this.#share.writer.lastTail);
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
  async append(entry: EntryInput, options: AppendOptions = {}): Promise<AppendResult> {
    const [result] = await this.#append([entry], options);
    return result as AppendResult;
  }

  /**
   * Appends `{ type: "message", message }`; in Claude Code's dialect an entry of the type that is the
   * message's role. See {@link append}.
   */
  async appendMessage(message: object, options: AppendOptions = {}): Promise<AppendResult> {
    if (typeof message !== "object" || message === null) {
      throw new LeaflogError(
        "LEAFLOG_NOT_SERIALIZABLE",
        `a message must be an object; got ${message === null ? "null" : typeof message}`,
        { file: this.file },
      );
    }
    const [result] = await this.#append([{ type: "message", message }], options, {
      isMessage: true,
    });
    return result as AppendResult;
  }

  /**
   * Appends entries that belong together, each the parent of the next: all are written, or after a
   * crash an abandoned branch remains, or nothing is. See {@link append}.
   */
  async appendBatch(
    entries: readonly EntryInput[],
    options: AppendOptions = {},
  ): Promise<AppendResult[]> {
    if (!Array.isArray(entries)) throw invalid("entries", entries, "an array of entries");
    return this.#append(entries, options, { batch: true });
  }

  #append(
    inputs: readonly EntryInput[],
    options: AppendOptions,
    { batch = false, isMessage = false } = {},
  ): Promise<AppendResult[]> {
    this.#ensureOpen();
    const call = this.#named(() => {
      if (options.signal?.aborted) throw aborted(options.signal, this.file);
      const { idempotencyKey: key } = options;
      const keys = key === undefined ? undefined : keysOf(key, inputs, batch);
      const entries = this.#encoding.entries(inputs, { isMessage, keys });
      return this.#call(entries, options, keys && keyedCall(entries, keys, options, this.#options));
    });
    if (call.entries.length === 0) return Promise.resolve([]);
    this.#share.writer.append(call);
    return call.done;
  }

  #encodeMessage(message: object, key: string): EncodedEntry {
    const input = { type: "message", message };
    const terms = { isMessage: true, keys: [key] };
    return this.#named(() => this.#encoding.entries([input], terms)[0] as EncodedEntry);
  }

  /** Names the transcript in the errors of what does not know it. */
  #named<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof LeaflogError) || error.file !== undefined) throw error;
      const { cause } = error;
      throw new LeaflogError(error.code, error.message, { file: this.file, cause });
    }
  }

  #call(entries: readonly EncodedEntry[], options: AppendOptions, keyed?: KeyedCall): AppendCall {
    const { expectedLeaf, signal } = options;
    if (expectedLeaf !== undefined && expectedLeaf !== null && typeof expectedLeaf !== "string") {
      throw invalid("expectedLeaf", expectedLeaf, "an entry id or null");
    }
    const timeoutMs = this.#timeout(options);
    const { file } = this;
    const terms = { file, options: this.#options, expectedLeaf, signal, timeoutMs, keyed };
    return new AppendCall(entries, terms);
  }

  #timeout({ timeoutMs }: AppendOptions): number {
    return whole("timeoutMs", timeoutMs, this.#options.lock.timeoutMs, 1, MAX_TIMEOUT_MS);
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
    this.#ensureOpen();
    const { writer } = this.#share;
    const timeoutMs = this.#timeout(options);
    return writer.transact({ ...options, timeoutMs }, async (tail) => {
      const { leafId: id = null, shape = "empty" } = tail?.leaf ?? {};
      const format = this.#encoding.formatOf(tail);
      const { maxEntryBytes } = this.#options;
      const find = (query: KeyQuery) => writer.findHeld(query);
      const tx = new Transaction(this.file, this, { id, shape }, maxEntryBytes, { format }, find);
      const value = await runAsTransaction(writer, async () => run(tx)).finally(() => tx.finish());
      const entries = tx.finish();
      const call = entries.length > 0 ? this.#call(entries, { timeoutMs }) : undefined;
      return { value, call };
    });
  }

  override leaf(): Promise<Leaf> {
    return currentLeaf(this.source, this.#share.writer.lastTail);
  }

  /** As the reader's; `close` ends it, too. */
  override follow(options: FollowOptions = {}): AsyncGenerator<EntryRecord, void, undefined> {
    const ends = [this.#closed.signal, ...(options.signal ? [options.signal] : [])];
    return super.follow({ ...options, signal: AbortSignal.any(ends) });
  }

  /**
   * Waits until every append before it is settled; with `sync`, until all that was written to the
   * file is handed to the medium.
   *
   * @throws LeaflogError `LEAFLOG_POISONED` when that failed. Failed appends reject on their own.
   */
  async flush(options: { readonly sync?: boolean } = {}): Promise<void> {
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
    this.#closed.abort();
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
