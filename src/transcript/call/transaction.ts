import { AsyncLocalStorage } from "node:async_hooks";
import type { TranscriptWriter } from "../../append/queue/transcript-writer.js";
import { oneOf } from "../../base/arguments.js";
import { LeaflogError } from "../../base/errors.js";
import { ensureKnown, type MemberNames, memberNames } from "../../base/known-members.js";
import { EncodedEntry, type EncodingTerms } from "../../entry/encoded-entry.js";
import type { Entry, EntryInput, EntryRecord } from "../../entry/entry.js";
import { checkedKey, withKey } from "../../keys/idempotency-key.js";
import type { Leaf } from "../../read/current-leaf.js";
import type { EntriesOptions } from "../../read/read-entries.js";
import type { AppendOptions } from "./append-options.js";
import { type FindKeys, StagedKeys } from "./staged-keys.js";

/** Options of `transaction`. */
export interface TransactionOptions extends Pick<AppendOptions, "signal" | "timeoutMs"> {
  /**
   * Whether `tx.appendOnce` will be called: then what it looks keys up in is made before the lock
   * is taken. @default false
   */
  readonly keyed?: boolean;
}

/** What `transaction` takes. */
export const TRANSACTION_MEMBERS: MemberNames<TransactionOptions> = memberNames<TransactionOptions>(
  { signal: true, timeoutMs: true, keyed: true },
);

/** Options of `tx.appendOnce`; see those of `append`. */
export type AppendOnceOptions = Required<Pick<AppendOptions, "idempotencyKey">> &
  Pick<AppendOptions, "onIdempotencyConflict">;

/** What `tx.appendOnce` takes. */
export const ONCE_MEMBERS: MemberNames<AppendOnceOptions> = memberNames<AppendOnceOptions>({
  idempotencyKey: true,
  onIdempotencyConflict: true,
});

/** Reading a transcript, as a transaction does it: nobody with the lock appends meanwhile. */
export interface TransactionReader {
  entries(options?: EntriesOptions): AsyncIterable<EntryRecord>;
  tail(count: number): Promise<EntryRecord[]>;
}

/** What a transaction under way is known by, to tell calls that would wait for it for ever. */
interface Running {
  readonly writer: TranscriptWriter;
  readonly outer: Running | undefined;
  over: boolean;
}

const running = new AsyncLocalStorage<Running>();

/** Reading and appending with the lock held; see `Transcript.transaction`. */
export class Transaction {
  readonly #file: string;
  readonly #reader: TransactionReader;
  readonly #leaf: Leaf;
  readonly #maxEntryBytes: number;
  readonly #terms: EncodingTerms;
  readonly #staged: EncodedEntry[] = [];
  readonly #ids = new Set<string>();
  readonly #keys: StagedKeys;
  #over = false;

  /** Use `Transcript.transaction`. */
  constructor(
    file: string,
    reader: TransactionReader,
    leaf: Leaf,
    maxEntryBytes: number,
    terms: EncodingTerms,
    find: FindKeys,
  ) {
    this.#file = file;
    this.#reader = reader;
    this.#leaf = leaf;
    this.#maxEntryBytes = maxEntryBytes;
    this.#terms = terms;
    this.#keys = new StagedKeys(file, maxEntryBytes, find);
  }

  /** What was staged; nothing can be added any more. */
  finish(): readonly EncodedEntry[] {
    this.#over = true;
    return this.#staged;
  }

  /** The leaf that the first staged entry will name, unless the transcript has to be migrated. */
  leaf(): Promise<Leaf> {
    return Promise.resolve(this.#leaf);
  }

  /** The entries of the file; staged ones do not count. */
  entries(options?: EntriesOptions): AsyncIterable<EntryRecord> {
    return this.#reader.entries(options);
  }

  /** The last `count` entries of the file; staged ones do not count. */
  tail(count: number): Promise<EntryRecord[]> {
    return this.#reader.tail(count);
  }

  /**
   * Stages an entry: it is written with all others when the transaction's callback has returned.
   *
   * @throws LeaflogError as `Transcript.append` rejects for bad input; `LEAFLOG_CLOSED` when the
   * transaction is over
   */
  append(entry: EntryInput): { readonly id: string } {
    this.#ensureOpen();
    const encoded = new EncodedEntry(entry, this.#maxEntryBytes, this.#terms);
    this.#stage(encoded);
    return { id: encoded.id };
  }

  /**
   * Stages an entry under an idempotency key, unless an entry of that key stands in the file or is
   * staged: then tells of that one. Without `keyed: true` the first one of a process reads the file
   * while everybody else waits.
   *
   * @throws LeaflogError as {@link append}; `LEAFLOG_IDEMPOTENCY_CONFLICT`, after which the
   * transaction may go on
   */
  async appendOnce(entry: EntryInput, options: AppendOnceOptions): Promise<StagedOnce> {
    this.#ensureOpen();
    ensureKnown("options", options, ONCE_MEMBERS);
    const key = checkedKey("idempotencyKey", options.idempotencyKey);
    const { onIdempotencyConflict } = options;
    const onConflict = oneOf("onIdempotencyConflict", onIdempotencyConflict, ["reject", "stored"]);
    const keyed = withKey(entry, key, this.#terms.format);
    const encoded = new EncodedEntry(keyed, this.#maxEntryBytes, this.#terms);
    const known = await this.#keys.once(key, encoded, onConflict, () => {
      this.#ensureOpen();
      this.#stage(encoded);
    });
    if (known === undefined) return { id: encoded.id, appended: true };
    return { id: known.id, appended: false, ...(known.entry && { entry: known.entry }) };
  }

  #ensureOpen(): void {
    if (!this.#over) return;
    const message = "the transaction is over; append to the transcript itself";
    throw new LeaflogError("LEAFLOG_CLOSED", message, { file: this.#file });
  }

  #stage(encoded: EncodedEntry): void {
    if (this.#ids.has(encoded.id)) {
      const message = `\`id\` ${encoded.id} is staged already: ids must be new to the transcript`;
      throw new LeaflogError("LEAFLOG_INVALID_ARGUMENT", message, { file: this.#file });
    }
    this.#ids.add(encoded.id);
    this.#staged.push(encoded);
  }
}

/** What `appendOnce` came to. */
export interface StagedOnce {
  readonly id: string;
  /** Whether the entry is staged; false when one with its key was there. */
  readonly appended: boolean;
  /**
   * The entry that was there, when `appended` is false; without `parentId` as long as it is only
   * staged, and absent when its line exceeds `maxEntryBytes`.
   */
  readonly entry?: Entry;
}

/** Runs a transaction's callback so that calls from within it are known. */
export async function runAsTransaction<T>(
  writer: TranscriptWriter,
  callback: () => Promise<T>,
): Promise<T> {
  const mark: Running = { writer, outer: running.getStore(), over: false };
  try {
    return await running.run(mark, callback);
  } finally {
    mark.over = true;
  }
}

/**
 * @throws LeaflogError `LEAFLOG_IN_TRANSACTION` when called from within a transaction on the same
 * file: waiting for it there would never end
 */
export function ensureOutsideTransaction(writer: TranscriptWriter): void {
  for (let mark = running.getStore(); mark; mark = mark.outer) {
    if (mark.over || mark.writer !== writer) continue;
    throw new LeaflogError(
      "LEAFLOG_IN_TRANSACTION",
      "called from within a transaction on this transcript, which it would wait for: use `tx` there, or call it when the transaction is over",
      { file: writer.path },
    );
  }
}
