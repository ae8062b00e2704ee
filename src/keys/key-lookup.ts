import { readFailed } from "../base/failures.js";
import { isSameFile } from "../file/file-stat.js";
import type { FileSystem, OpenFile } from "../file/file-system.js";
import { isErrno } from "../file/is-errno.js";
import type { Tail } from "../scan/end/tail.js";
import type { KeyIndex } from "./key-index.js";
import { keyIndexOf, trimKeyIndexes } from "./key-indexes.js";
import type { KeyQuery } from "./key-query.js";
import type { StoredEntry } from "./stored-entry.js";
import { type Hit, readStored } from "./stored-lines.js";

/** What may be read with the lock held: a few milliseconds' worth. */
const LOCKED_BYTES = 1_048_576;
const LOCKED_LINES = 64;

/** What a file is known to hold of some keys. */
export interface FoundKeys {
  readonly stored: ReadonlyMap<string, StoredEntry>;
  /** Entries of type `message` in the file, wherever they stand. */
  readonly messages: number;
}

/** Looks up keys in one file. */
export class KeyLookup {
  readonly #fs: FileSystem;
  readonly #path: string;
  /**
   * What was read for calls that wait, until they are done: an index that others crowd out meanwhile
   * would have to be made anew, and again.
   */
  #index: KeyIndex | undefined;

  constructor(fs: FileSystem, path: string) {
    this.#fs = fs;
    this.#path = path;
  }

  /** Whether so much is to be read that it should be done without the lock. */
  isBehind(queries: readonly KeyQuery[], tail: Tail | undefined): boolean {
    if (tail === undefined || queries.length === 0) return false;
    const index = this.#mine();
    if (index.behind(tail) > LOCKED_BYTES) return true;
    let lines = 0;
    let bytes = 0;
    for (const query of queries) {
      for (const { length } of unread(index, query)) {
        lines += 1;
        bytes += length;
        if (lines > LOCKED_LINES || bytes > LOCKED_BYTES) return true;
      }
    }
    return false;
  }

  /**
   * Reads, without the lock, what there is to be read up to an end that was seen with it.
   *
   * @param wanted on a no it stops; another time it goes on from there
   * @throws LeaflogError `LEAFLOG_READ_FAILED`
   */
  async readAhead(
    queries: () => readonly KeyQuery[],
    tail: Tail,
    wanted: () => boolean,
  ): Promise<void> {
    try {
      const file = await this.#fs.open(this.#path, "read");
      try {
        // Another file by now: what there is to be read is seen with the lock held.
        if (!isSameFile(await file.stat(), tail.stat)) return;
        const { tornTail: _, ...settled } = tail;
        const index = await this.#extended(file, settled, wanted);
        for (const query of queries()) await read(index, query, file);
      } finally {
        await file.close();
      }
    } catch (error) {
      if (!isErrno(error, "ENOENT")) throw readFailed(this.#path, error);
    }
  }

  /**
   * Looks up keys with the lock held.
   *
   * @param tail as of the last look
   * @throws LeaflogError `LEAFLOG_READ_FAILED`
   */
  async find(queries: readonly KeyQuery[], file: OpenFile, tail: Tail): Promise<FoundKeys> {
    try {
      const index = await this.#extended(file, tail, () => true);
      const stored = new Map<string, StoredEntry>();
      for (const query of queries) {
        await read(index, query, file);
        for (const key of query.keys) {
          const place = index.find(key);
          const entry = place && query.stored(key, place, index.generation);
          if (entry !== undefined) stored.set(key, entry);
        }
      }
      return { stored, messages: index.messages };
    } catch (error) {
      throw readFailed(this.#path, error);
    }
  }

  async #extended(file: OpenFile, tail: Tail, wanted: () => boolean): Promise<KeyIndex> {
    const index = this.#mine();
    await index.extend(file, tail, wanted);
    trimKeyIndexes(this.#fs, this.#path, this.#mine());
    return index;
  }

  #mine(): KeyIndex {
    this.#index = keyIndexOf(this.#fs, this.#path, this.#index);
    return this.#index;
  }

  /** When no call waits for what was read: it stays as long as there is room. */
  letGo(): void {
    this.#index = undefined;
  }

  /** When the file is closed: what takes more than there is room for goes. */
  close(): void {
    this.letGo();
    trimKeyIndexes(this.#fs, this.#path);
  }
}

/** The lines of a query's keys that were not read yet. */
function* unread(index: KeyIndex, query: KeyQuery): Iterable<Hit> {
  for (const key of query.keys) {
    const place = index.find(key);
    if (place && !query.knows(key, place, index.generation)) yield { ...place, key };
  }
}

async function read(index: KeyIndex, query: KeyQuery, file: OpenFile): Promise<void> {
  const { generation } = index;
  const terms = { maxEntryBytes: query.maxEntryBytes, format: index.format };
  await readStored(file, [...unread(index, query)], terms, (hit, stored) =>
    query.note(hit.key, hit, generation, stored),
  );
}
