import type { EncodedEntry } from "../../entry/encoded-entry.js";
import type { Entry } from "../../entry/entry.js";
import { otherBody, saysTheSame } from "../../keys/key-conflict.js";
import type { FoundKeys } from "../../keys/key-lookup.js";
import { KeyQuery } from "../../keys/key-query.js";
import type { IdempotencyConflict } from "../../keys/keyed-call.js";
import { type StoredEntry, storedEntry } from "../../keys/stored-entry.js";

/** Looks keys up in the file, with the lock held. */
export type FindKeys = (query: KeyQuery) => Promise<FoundKeys>;

/** The idempotency keys of a transaction: those in the file, and those that were staged. */
export class StagedKeys {
  readonly #file: string;
  readonly #find: FindKeys;
  readonly #maxEntryBytes: number;
  readonly #staged = new Map<string, EncodedEntry>();

  constructor(file: string, maxEntryBytes: number, find: FindKeys) {
    this.#file = file;
    this.#maxEntryBytes = maxEntryBytes;
    this.#find = find;
  }

  /**
   * Stages an entry under a key with `stage`, unless one is there; then returns that one.
   *
   * @throws LeaflogError `LEAFLOG_IDEMPOTENCY_CONFLICT`
   */
  async once(
    key: string,
    encoded: EncodedEntry,
    onConflict: IdempotencyConflict,
    stage: (encoded: EncodedEntry) => void,
  ): Promise<StoredEntry | undefined> {
    const { stored } = await this.#find(new KeyQuery([key], this.#maxEntryBytes));
    const known = this.#stagedAs(key) ?? stored.get(key);
    if (known === undefined) {
      stage(encoded);
      this.#staged.set(key, encoded);
    } else if (onConflict === "reject" && !saysTheSame(known, encoded)) {
      throw otherBody(this.#file, key, known);
    }
    return known;
  }

  #stagedAs(key: string): StoredEntry | undefined {
    const encoded = this.#staged.get(key);
    if (encoded === undefined) return undefined;
    const entry = JSON.parse(encoded.line(undefined)) as Entry;
    return storedEntry(key, { id: encoded.id }, { offset: 0, length: 0 }, entry);
  }
}
