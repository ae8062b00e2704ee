import type { Place } from "./key-table.js";
import type { StoredEntry } from "./stored-entry.js";

/** Keys to be looked up in a file, and what was found of them. */
export class KeyQuery {
  readonly keys: readonly string[];
  /** Longer lines are found without their entry. */
  readonly maxEntryBytes: number;
  readonly #seen = new Map<string, { generation: number; offset: number; stored?: StoredEntry }>();

  constructor(keys: readonly string[], maxEntryBytes: number) {
    this.keys = keys;
    this.maxEntryBytes = maxEntryBytes;
  }

  /** Whether the line at that place was read before. */
  knows(key: string, { offset }: Place, generation: number): boolean {
    const seen = this.#seen.get(key);
    return seen !== undefined && seen.generation === generation && seen.offset === offset;
  }

  /** @param stored undefined when the line turned out not to be of that key */
  note(key: string, { offset }: Place, generation: number, stored: StoredEntry | undefined): void {
    this.#seen.set(key, { generation, offset, ...(stored && { stored }) });
  }

  /** What was read at that place; undefined when it was not read, or is not of that key. */
  stored(key: string, place: Place, generation: number): StoredEntry | undefined {
    return this.knows(key, place, generation) ? this.#seen.get(key)?.stored : undefined;
  }
}
