import { AppendCall } from "../append/append-call.js";
import type { AppendResult } from "../append/append-result.js";
import { currentLeaf, type Leaf } from "../append/current-leaf.js";
import type { KeyQuery } from "../append/idempotency/key-query.js";
import type { KeyedCall } from "../append/idempotency/keyed-call.js";
import { aborted } from "../append/pending-calls.js";
import type { EncodedEntry } from "../entry/encoded-entry.js";
import type { EntryInput, EntryRecord } from "../entry/entry.js";
import type { Header } from "../entry/header.js";
import type { TranscriptFormat } from "../entry/transcript-format.js";
import { LeaflogError } from "../errors.js";
import { invalid, MAX_TIMEOUT_MS, oneOf, type ResolvedOptions, whole } from "../options.js";
import type { BranchEnd } from "../read/branch-walk.js";
import { type FollowOptions, followEntries } from "../read/follow-entries.js";
import { type BranchOptions, readBranch } from "../read/read-branch.js";
import { type EntryOptions, readEntryById } from "../read/read-by-id.js";
import { type EntriesOptions, readEntries } from "../read/read-entries.js";
import { readSourceFormat } from "../read/read-format.js";
import { readHeader } from "../read/read-header.js";
import { type Page, type PageOptions, readPage } from "../read/read-page.js";
import { readSnapshot, type Snapshot, type SnapshotOptions } from "../read/read-snapshot.js";
import type { ReadSource } from "../read/read-source.js";
import { readTailEntries, type TailOptions } from "../read/read-tail.js";
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

/**
 * A handle on one transcript. Handles on one file share its queue, lock and descriptor, under
 * whatever name they were opened; close each.
 */
export class Transcript implements AsyncDisposable {
  static {
    grantAccess((transcript) => ({
      options: transcript.#options,
      writer: transcript.#share.writer,
      ensureOpen: () => transcript.#ensureOpen(),
      encodeMessage: (message, key) => transcript.#encodeMessage(message, key),
    }));
  }

  /** Absolute path, symlinks resolved. */
  readonly file: string;
  readonly #options: ResolvedOptions;
  readonly #source: ReadSource;
  readonly #share: WriterShare;
  readonly #encoding: AppendEncoding;
  /** Ends what would wait for ever. */
  readonly #closed = new AbortController();
  #closing: Promise<void> | undefined;

  /** Use {@link openTranscript}. */
  constructor(file: string, options: ResolvedOptions) {
    this.file = file;
    this.#options = options;
    this.#source = {
      fileSystem: options.fileSystem,
      file,
      maxEntryBytes: options.maxEntryBytes,
      maxOpenFiles: options.maxOpenFiles,
      format: options.format,
    };
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

  /**
   * The entry that the next append would name as parent, as the file stands now. Reads without the
   * lock; what is still in the queue does not count.
   *
   * @throws LeaflogError `LEAFLOG_LEAF_UNREADABLE`
   */
  leaf(): Promise<Leaf> {
    return currentLeaf(this.#source, this.#share.writer.lastTail);
  }

  /**
   * The header; undefined when there is no file, its first line is damaged, or its dialect has none.
   *
   * @throws LeaflogError `LEAFLOG_READ_FAILED`
   */
  header(): Promise<Header | undefined> {
    return readHeader(this.#source);
  }

  /**
   * The dialect: what `format` said, else what the first lines say now; pi's where there is no file.
   *
   * @throws LeaflogError `LEAFLOG_READ_FAILED`
   */
  format(): Promise<TranscriptFormat> {
    return readSourceFormat(this.#source);
  }

  /**
   * The entries, first to last or last to first. See {@link readEntries}.
   *
   * @throws LeaflogError `LEAFLOG_INVALID_ARGUMENT`
   */
  entries(options: EntriesOptions = {}): AsyncIterable<EntryRecord> {
    whole("from", options.from, 0, 0);
    return readEntries(this.#source, options);
  }

  /**
   * The last `count` entries in file order, at a cost that does not depend on the file's size.
   *
   * @throws LeaflogError `LEAFLOG_READ_FAILED`, `LEAFLOG_ABORTED`, `LEAFLOG_INVALID_ARGUMENT`
   */
  async tail(count: number, options: TailOptions = {}): Promise<EntryRecord[]> {
    whole("maxBytes", options.maxBytes, 0, 0);
    return readTailEntries(this.#source, whole("count", count, 0, 0), options);
  }

  /**
   * The last entry of that id; undefined when there is none. Searched from the end of the file.
   *
   * @throws LeaflogError `LEAFLOG_READ_FAILED`, `LEAFLOG_ABORTED`, `LEAFLOG_INVALID_ARGUMENT`
   */
  async entry(id: string, options: EntryOptions = {}): Promise<EntryRecord | undefined> {
    if (typeof id !== "string") throw invalid("id", id, "an entry id");
    return readEntryById(this.#source, id, options);
  }

  /**
   * The entries from the leaf, or from `fromId`, to the root. See {@link readBranch}.
   *
   * @throws LeaflogError `LEAFLOG_INVALID_ARGUMENT`
   */
  branch(
    fromId?: string,
    options: BranchOptions = {},
  ): AsyncGenerator<EntryRecord, BranchEnd, undefined> {
    if (fromId !== undefined && typeof fromId !== "string") {
      throw invalid("fromId", fromId, "an entry id");
    }
    return readBranch(this.#source, fromId, options);
  }

  /**
   * Some entries, and cursors to go on from. See {@link readPage}.
   *
   * @throws LeaflogError `LEAFLOG_READ_FAILED`, `LEAFLOG_ABORTED`, `LEAFLOG_INVALID_ARGUMENT`
   */
  async page(options: PageOptions = {}): Promise<Page> {
    cursorText(options.cursor);
    whole("limit", options.limit, 1, 1);
    whole("maxBytes", options.maxBytes, 1, 1);
    oneOf("direction", options.direction, ["forward", "backward"]);
    return readPage(this.#source, options);
  }

  /**
   * The entries as they are appended, until the signal, `close` or the caller ends it. See
   * {@link followEntries}.
   *
   * @throws LeaflogError `LEAFLOG_INVALID_ARGUMENT`
   */
  follow(options: FollowOptions = {}): AsyncGenerator<EntryRecord, void, undefined> {
    cursorText(options.cursor);
    whole("pollMs", options.pollMs, 1, 1, MAX_TIMEOUT_MS);
    oneOf("from", options.from, ["end", "start"]);
    const ends = [this.#closed.signal, ...(options.signal ? [options.signal] : [])];
    return followEntries(this.#source, { ...options, signal: AbortSignal.any(ends) });
  }

  /**
   * The lines that the transcript has now, as a stream of known length. See {@link readSnapshot}.
   *
   * @throws LeaflogError `LEAFLOG_READ_FAILED`, `LEAFLOG_ABORTED`
   */
  async snapshot(options: SnapshotOptions = {}): Promise<Snapshot> {
    return readSnapshot(this.#source, options);
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

function cursorText(cursor: unknown): void {
  if (cursor !== undefined && typeof cursor !== "string") {
    throw invalid("cursor", cursor, "a cursor of `page`");
  }
}
