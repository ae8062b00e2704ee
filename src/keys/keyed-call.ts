import type { EncodedEntry } from "../entry/encoded-entry.js";
import { KeyQuery } from "./key-query.js";

/** What to do when a key was used before, with a body that differs. */
export type IdempotencyConflict = "reject" | "stored";

/** The keys of one call's entries, and what it asks of them. */
export class KeyedCall {
  readonly query: KeyQuery;
  /** What to do with a body that differs from the stored one. */
  readonly onConflict: IdempotencyConflict;
  /**
   * `all`: entries that belong together, all of which were appended before, or none. `each`: any of
   * them may have been, and no batch is made of the others: when a write is torn, what was written
   * stands, and a later call adds the rest.
   */
  readonly scope: "all" | "each";

  /** @param keys one for each entry */
  constructor(
    entries: readonly EncodedEntry[],
    keys: readonly string[],
    { maxEntryBytes, ...rest }: Pick<KeyedCall, "onConflict" | "scope"> & { maxEntryBytes: number },
  ) {
    if (keys.length !== entries.length) throw new Error("a key for each entry is needed");
    this.query = new KeyQuery(keys, maxEntryBytes);
    this.onConflict = rest.onConflict;
    this.scope = rest.scope;
  }
}
