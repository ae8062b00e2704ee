import { ensureOwnIds } from "../append/append-call.js";
import { withKey } from "../append/idempotency/idempotency-key.js";
import type { Tail } from "../append/tail.js";
import { ensureAppendable } from "../append/way.js";
import { EncodedEntry } from "../entry/encoded-entry.js";
import type { EntryInput } from "../entry/entry.js";
import { DEFAULT_FORMAT, isAppendable, type TranscriptFormat } from "../entry/transcript-format.js";
import type { ResolvedOptions } from "../options.js";

/** Turns what is appended to one transcript into entries of its dialect, as far as that is known. */
export class AppendEncoding {
  readonly #file: string;
  readonly #options: ResolvedOptions;
  readonly #lastTail: () => Tail | undefined;

  /** @param lastTail the end of the file as it was last seen */
  constructor(file: string, options: ResolvedOptions, lastTail: () => Tail | undefined) {
    this.#file = file;
    this.#options = options;
    this.#lastTail = lastTail;
  }

  /**
   * The entries of one call.
   *
   * @param keys their idempotency keys
   * @throws LeaflogError for bad input, and `LEAFLOG_LINEAR_TRANSCRIPT`
   */
  entries(
    inputs: readonly EntryInput[],
    {
      isMessage,
      keys,
    }: { readonly isMessage: boolean; readonly keys: readonly string[] | undefined },
  ): EncodedEntry[] {
    const terms = { format: this.formatOf(this.#lastTail()), isMessage };
    const entries = inputs.map((input, index) => {
      const key = keys?.[index];
      const keyed = key === undefined ? input : withKey(input, key, terms.format);
      return new EncodedEntry(keyed, this.#options.maxEntryBytes, terms);
    });
    ensureOwnIds(entries);
    return entries;
  }

  /** What entries will be, as far as can be told by an earlier look at the file. */
  formatOf(tail: Tail | undefined): TranscriptFormat {
    const { format: said } = this.#options;
    if (said !== undefined) ensureAppendable(this.#file, said);
    const format = said ?? tail?.format ?? DEFAULT_FORMAT;
    return isAppendable(format) ? format : DEFAULT_FORMAT;
  }
}
