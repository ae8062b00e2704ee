import { AppendCall, type AppendTerms, inOrder, theOnly } from "../../append/call/append-call.js";
import type { AppendResult } from "../../append/call/append-result.js";
import { invalid, MAX_TIMEOUT_MS, whole } from "../../base/arguments.js";
import { LeaflogError } from "../../base/errors.js";
import { aborted } from "../../base/failures.js";
import { ensureKnown } from "../../base/known-members.js";
import { EncodedEntry } from "../../entry/encoded-entry.js";
import { ensureAppendable } from "../../entry/ensure-appendable.js";
import type { EntryInput } from "../../entry/entry.js";
import {
  DEFAULT_FORMAT,
  isAppendable,
  type TranscriptFormat,
} from "../../entry/transcript-format.js";
import { withKey } from "../../keys/idempotency-key.js";
import type { KeyedCall } from "../../keys/keyed-call.js";
import type { ResolvedOptions } from "../../options/options.js";
import type { Tail } from "../../scan/end/tail.js";
import { APPEND_MEMBERS, type AppendOptions, keyedCall, keysOf, PLAIN } from "./append-options.js";
import { BatchEncoding } from "./batch-encoding.js";

/** A call of several entries. */
export interface BatchCall {
  readonly call: AppendCall<AppendResult[]>;
  /** Gives the call its entries, where they are not there yet. */
  readonly complete?: () => Promise<void>;
}

/** Makes the calls of a handle: checks what is asked, and turns what is appended into JSON. */
export class CallMaker {
  readonly #file: string;
  readonly #options: ResolvedOptions;
  readonly #lastTail: () => Tail | undefined;
  /** The terms of all calls that ask for nothing in particular. */
  #plain: AppendTerms | undefined;

  /** @param lastTail the end of the file as it was last seen */
  constructor(file: string, options: ResolvedOptions, lastTail: () => Tail | undefined) {
    this.#file = file;
    this.#options = options;
    this.#lastTail = lastTail;
  }

  /** @throws LeaflogError as `Transcript.append` rejects */
  one(input: EntryInput, options: AppendOptions, isMessage: boolean): AppendCall<AppendResult> {
    try {
      this.#ensureWanted(options);
      const key = options.idempotencyKey;
      const keys = key === undefined ? undefined : keysOf(key, [input], false);
      const entries = [this.#encode(input, isMessage, keys?.[0])];
      return new AppendCall(entries, this.#terms(entries, keys, options), theOnly);
    } catch (error) {
      throw this.#named(error);
    }
  }

  /**
   * A call of all entries; of a batch that takes more than a slice to be turned into JSON, a call
   * that waits for them, and what gives them to it.
   *
   * @throws LeaflogError as `Transcript.appendBatch` rejects
   */
  batch(inputs: readonly EntryInput[], options: AppendOptions): BatchCall {
    try {
      this.#ensureWanted(options);
      const key = options.idempotencyKey;
      const keys = key === undefined ? undefined : keysOf(key, inputs, true);
      const encoding = new BatchEncoding(inputs, (input, index) =>
        this.#encode(input as EntryInput, false, keys?.[index]),
      );
      const { entries } = encoding;
      if (encoding.advance()) {
        return { call: new AppendCall(entries, this.#terms(entries, keys, options), inOrder) };
      }
      // Bad options reject before anything is awaited.
      const terms = this.#newTerms(undefined, options);
      const call = new AppendCall(inputs.length, terms, inOrder);
      const complete = async () => {
        try {
          if (!(await encoding.finish(() => !call.settled))) return;
          call.complete(entries, keys && keyedCall(entries, keys, options, this.#options));
        } catch (error) {
          throw this.#named(error);
        }
      };
      return { call, complete };
    } catch (error) {
      throw this.#named(error);
    }
  }

  /**
   * A message as it is to be appended once under a key.
   *
   * @throws LeaflogError as `Transcript.appendMessage` rejects
   */
  message(message: object, key: string): EncodedEntry {
    try {
      return this.#encode({ type: "message", message }, true, key);
    } catch (error) {
      throw this.#named(error);
    }
  }

  /** Of entries that a transaction staged. */
  staged(entries: readonly EncodedEntry[], timeoutMs: number): AppendCall<AppendResult[]> {
    return new AppendCall(entries, this.#terms(entries, undefined, { timeoutMs }), inOrder);
  }

  /** @throws LeaflogError `LEAFLOG_INVALID_ARGUMENT` */
  timeoutOf({ timeoutMs }: AppendOptions): number {
    return whole("timeoutMs", timeoutMs, this.#options.lock.timeoutMs, 1, MAX_TIMEOUT_MS);
  }

  /** What entries will be, as far as can be told by an earlier look at the file. */
  formatOf(tail: Tail | undefined): TranscriptFormat {
    const { format: said } = this.#options;
    if (said !== undefined) ensureAppendable(this.#file, said);
    const format = said ?? tail?.format ?? DEFAULT_FORMAT;
    return isAppendable(format) ? format : DEFAULT_FORMAT;
  }

  #ensureWanted(options: AppendOptions): void {
    if (options === PLAIN) return;
    ensureKnown("options", options, APPEND_MEMBERS);
    const { signal } = options;
    if (signal?.aborted) throw aborted(signal, this.#file);
  }

  #encode(input: EntryInput, isMessage: boolean, key: string | undefined): EncodedEntry {
    const format = this.formatOf(this.#lastTail());
    const keyed = key === undefined ? input : withKey(input, key, format);
    return new EncodedEntry(keyed, this.#options.maxEntryBytes, { format, isMessage });
  }

  #terms(
    entries: readonly EncodedEntry[],
    keys: readonly string[] | undefined,
    options: AppendOptions,
  ): AppendTerms {
    if (options === PLAIN) {
      this.#plain ??= this.#newTerms(undefined, PLAIN);
      return this.#plain;
    }
    return this.#newTerms(keys && keyedCall(entries, keys, options, this.#options), options);
  }

  #newTerms(keyed: KeyedCall | undefined, options: AppendOptions): AppendTerms {
    const { expectedLeaf, signal } = options;
    if (expectedLeaf !== undefined && expectedLeaf !== null && typeof expectedLeaf !== "string") {
      throw invalid("expectedLeaf", expectedLeaf, "an entry id or null");
    }
    const timeoutMs = this.timeoutOf(options);
    return { file: this.#file, options: this.#options, expectedLeaf, signal, timeoutMs, keyed };
  }

  /** The error, with the transcript named, which not all know that throw one. */
  #named(error: unknown): unknown {
    if (!(error instanceof LeaflogError) || error.file !== undefined) return error;
    const { code, message, cause } = error;
    return new LeaflogError(code, message, { file: this.#file, cause });
  }
}
