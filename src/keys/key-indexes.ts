import type { FileSystem } from "../file/file-system.js";
import { KeyIndex } from "./key-index.js";

/** Bytes that the key indexes of this process may take together: a million keys and more. */
const MAX_BYTES = 67_108_864;
/** About what an index takes besides its keys. */
const INDEX_BYTES = 2048;

type Home = Map<string, KeptIndex>;

interface KeptIndex {
  readonly index: KeyIndex;
  readonly home: Home;
  readonly path: string;
  /** As it was counted last. */
  bytes: number;
  /** Where it stands among all. */
  at: number;
}

/**
 * They outlive the handles: who opens a transcript for each call would otherwise have it read from
 * its start each time.
 */
const homes = new WeakMap<FileSystem, Home>();
/** In no order. */
const all: KeptIndex[] = [];
let allBytes = 0;

/**
 * The index of a file, made on the first use.
 *
 * @param mine the one that the caller still holds: it is kept again, should it have been let go of
 */
export function keyIndexOf(fs: FileSystem, path: string, mine?: KeyIndex): KeyIndex {
  const home: Home = homes.get(fs) ?? new Map();
  homes.set(fs, home);
  const known = home.get(path);
  if (known) return known.index;
  const index = mine ?? new KeyIndex();
  const kept: KeptIndex = { index, home, path, bytes: 0, at: all.length };
  all.push(kept);
  home.set(path, kept);
  count(kept);
  return index;
}

/**
 * Counts an index anew, after it may have grown, and lets go of others until the bound is kept. Of
 * which is left to chance: where more files take turns than there is room for, to let go of the one
 * not used for longest would let go of each right before its turn.
 *
 * @param used stays, whatever it takes. Default: none does
 */
export function trimKeyIndexes(fs: FileSystem, path: string, used?: KeyIndex): void {
  const counted = homes.get(fs)?.get(path);
  if (counted) count(counted);
  while (allBytes > MAX_BYTES && all.length > 0) {
    const chosen = Math.floor(Math.random() * all.length);
    const isUsed = all[chosen]?.index === used;
    if (isUsed && all.length === 1) return;
    letGo(all[isUsed ? (chosen + 1) % all.length : chosen] as KeptIndex);
  }
}

function count(kept: KeptIndex): void {
  const bytes = INDEX_BYTES + kept.index.bytes;
  allBytes += bytes - kept.bytes;
  kept.bytes = bytes;
}

function letGo({ home, path, bytes, at }: KeptIndex): void {
  const last = all.pop() as KeptIndex;
  if (last.at !== at) {
    all[at] = last;
    last.at = at;
  }
  home.delete(path);
  allBytes -= bytes;
}
