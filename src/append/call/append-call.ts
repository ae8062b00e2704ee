import { LeaflogError } from "../../base/errors.js";
import type { BatchPlace, EncodedEntry } from "../../entry/encoded-entry.js";
import type { TranscriptFormat } from "../../entry/transcript-format.js";
import type { KeyedCall } from "../../keys/keyed-call.js";
import type { ResolvedOptions } from "../../options/options.js";
import type { AppendResult } from "./append-result.js";

const NONE: readonly EncodedEntry[] = [];

/** Entries that are adapted between two moments in which the event loop may have its turn. */
const STEP_ENTRIES = 16;

/** What the caller of an append asked for, besides its entries. */
export interface AppendTerms {
  /** Named in errors. */
  readonly file?: string;
  readonly options: ResolvedOptions;
  readonly expectedLeaf: string | null | undefined;
  readonly signal: AbortSignal | undefined;
  readonly timeoutMs: number;
  /** Set when its entries are to be appended once and no more. */
  readonly keyed?: KeyedCall | undefined;
}

/** One call of `append` or `appendBatch` on its way to the file; `Answer` is what it resolves to. */
export class AppendCall<Answer = unknown> {
  /** As they are to be written, once `adapt` has been called; none of a call that was given up. */
  entries: readonly EncodedEntry[];
  /** How many entries it came with. */
  readonly count: number;
  /** Whether it has room in the queue. */
  accepted = false;
  readonly terms: AppendTerms;
  /** An upper bound of the bytes that it writes. */
  bytes = 0;
  /** Whether it moves the leaf to an entry by name, so that the file has to be asked for it. */
  namesTarget = false;
  /** The idempotency keys of its entries, when it has any. */
  keyed: KeyedCall | undefined;
  /** Whether all of its entries are there. Until then it keeps its place in the queue. */
  ready = false;
  /** `performance.now()` from which on it may no longer begin to write. */
  readonly deadline: number;
  readonly done: Promise<Answer>;
  readonly #answer: (results: AppendResult[]) => unknown;
  #settled = false;
  #resolve!: (answer: unknown) => void;
  #reject!: (error: unknown) => void;

  /**
   * @param entries all of them, or how many there will be: see {@link complete}
   * @param answer what the caller is told, by the results of all entries
   */
  constructor(
    entries: readonly EncodedEntry[] | number,
    terms: AppendTerms,
    answer: (results: AppendResult[]) => Answer,
  ) {
    this.terms = terms;
    this.#answer = answer;
    if (typeof entries === "number") {
      this.entries = NONE;
      this.count = entries;
    } else {
      this.entries = entries;
      this.count = entries.length;
      this.complete(entries, terms.keyed);
    }
    this.deadline = performance.now() + terms.timeoutMs;
    this.done = new Promise<Answer>((resolve, reject) => {
      this.#resolve = resolve as (answer: unknown) => void;
      this.#reject = reject;
    });
  }

  /** Given up or done: nothing may be written for it any more. */
  get settled(): boolean {
    return this.#settled;
  }

  /** To be called once when the entries of a call are there that was made without. */
  complete(entries: readonly EncodedEntry[], keyed: KeyedCall | undefined): void {
    let bytes = 0;
    let namesTarget = false;
    for (const entry of entries) {
      bytes += entry.bytes;
      namesTarget ||= entry.type === "leaf" && typeof entry.targetId === "string";
    }
    this.entries = entries;
    this.bytes = bytes;
    this.namesTarget = namesTarget;
    this.keyed = keyed;
    this.ready = true;
  }

  get waitedMs(): number {
    return Math.round(performance.now() - (this.deadline - this.terms.timeoutMs));
  }

  /** Whether both may share a group commit: they ask the same of a transcript as it is found. */
  agreesWith(other: AppendCall): boolean {
    const a = this.terms.options;
    const b = other.terms.options;
    return (
      a === b ||
      (a.linear === b.linear && a.header === b.header && a.migrateMaxBytes === b.migrateMaxBytes)
    );
  }

  /** Whether the entries have the names of a format. */
  isIn(format: TranscriptFormat): boolean {
    return this.entries.every((entry) => entry.format === format);
  }

  /**
   * Gives the entries the names of a format; stops where the event loop may have its turn.
   *
   * @throws LeaflogError `LEAFLOG_INVALID_ARGUMENT` for members that it forbids
   */
  *adapt(format: TranscriptFormat): Generator<void, void, void> {
    const adapted: EncodedEntry[] = [];
    for (const entry of this.entries) {
      adapted.push(entry.in(format));
      if (adapted.length % STEP_ENTRIES === 0) yield;
    }
    ensureOwnIds(adapted);
    this.entries = adapted;
  }

  /** The line of one of its entries, with its newline; marked as part of a batch where it is. */
  line(index: number, parentId: string | null | undefined): string {
    return (this.entries[index] as EncodedEntry).line(parentId, this.#place(index));
  }

  /** The same line up to the members that only the caller knows. See {@link EncodedEntry.start}. */
  start(index: number, parentId: string | null | undefined): string {
    return (this.entries[index] as EncodedEntry).start(parentId, this.#place(index));
  }

  /** The same line, made when it is asked for; keeps no more than its entry, whatever becomes of the call. */
  laterLine(index: number, parentId: string | null | undefined): () => string {
    const entry = this.entries[index] as EncodedEntry;
    const place = this.#place(index);
    return () => entry.line(parentId, place);
  }

  #place(index: number): BatchPlace | undefined {
    const size = this.entries.length;
    return size > 1 && this.keyed?.scope !== "each" ? { index, size } : undefined;
  }

  resolve(results: AppendResult[]): void {
    this.#settled = true;
    this.#resolve(this.#answer(results));
  }

  /** The call is settled at once, also when its error is still being looked into. */
  reject(error: LeaflogError | Promise<LeaflogError>): void {
    this.#settled = true;
    // It may stay in the queue for a while, behind others that are still wanted.
    this.entries = NONE;
    if (error instanceof Promise) error.then(this.#reject, this.#reject);
    else this.#reject(error);
  }
}

/** The answer of a call that has one entry. */
export function theOnly(results: AppendResult[]): AppendResult {
  return results[0] as AppendResult;
}

/** The answer of a call that may have several. */
export function inOrder(results: AppendResult[]): AppendResult[] {
  return results;
}

/** @throws LeaflogError `LEAFLOG_INVALID_ARGUMENT` when entries of one call share an id */
export function ensureOwnIds(entries: readonly EncodedEntry[]): void {
  if (entries.length < 2) return;
  const ids = new Set<string>();
  for (const { id } of entries) {
    if (ids.has(id)) {
      const message = `several entries of the call have the \`id\` ${id}: ids must be new to the transcript`;
      throw new LeaflogError("LEAFLOG_INVALID_ARGUMENT", message);
    }
    ids.add(id);
  }
}
