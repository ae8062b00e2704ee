import { AsyncLocalStorage } from "node:async_hooks";
import type { Leaf } from "../append/current-leaf.js";
import type { TranscriptWriter } from "../append/transcript-writer.js";
import { EncodedEntry, type EncodingTerms } from "../entry/encoded-entry.js";
import type { EntryInput, EntryRecord } from "../entry/entry.js";
import { LeaflogError } from "../errors.js";
import type { EntriesOptions } from "../read/read-entries.js";

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
  #over = false;

  /** Use `Transcript.transaction`. */
  constructor(
    file: string,
    reader: TransactionReader,
    leaf: Leaf,
    maxEntryBytes: number,
    terms: EncodingTerms,
  ) {
    this.#file = file;
    this.#reader = reader;
    this.#leaf = leaf;
    this.#maxEntryBytes = maxEntryBytes;
    this.#terms = terms;
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
    if (this.#over) {
      const message = "the transaction is over; append to the transcript itself";
      throw new LeaflogError("LEAFLOG_CLOSED", message, { file: this.#file });
    }
    const encoded = new EncodedEntry(entry, this.#maxEntryBytes, this.#terms);
    if (this.#staged.some(({ id }) => id === encoded.id)) {
      const message = `\`id\` ${encoded.id} is staged already: ids must be new to the transcript`;
      throw new LeaflogError("LEAFLOG_INVALID_ARGUMENT", message, { file: this.#file });
    }
    this.#staged.push(encoded);
    return { id: encoded.id };
  }
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
