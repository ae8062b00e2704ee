import type { Entry } from "../entry/entry.js";

/** An entry that was appended under a key before. */
export interface StoredEntry {
  /** The key, where the entry has no `id`. */
  readonly id: string;
  /** Undefined for a linear entry. */
  readonly parentId: string | null | undefined;
  /** Its line: bytes from the start of the file. */
  readonly offset: number;
  /** Its line: bytes, without the newline. */
  readonly length: number;
  /** Absent when the line exceeds `maxEntryBytes`. */
  readonly entry?: Entry;
}

/** @param key what the entry was found by */
export function storedEntry(
  key: string,
  { id, parentId }: { readonly id?: unknown; readonly parentId?: unknown },
  place: { readonly offset: number; readonly length: number },
  entry?: Entry,
): StoredEntry {
  return {
    id: typeof id === "string" && id !== "" ? id : key,
    parentId: typeof parentId === "string" || parentId === null ? parentId : undefined,
    offset: place.offset,
    length: place.length,
    ...(entry && { entry }),
  };
}
