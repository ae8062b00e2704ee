import type { FileSystem } from "../../file/file-system.js";
import { KeyIndex } from "./key-index.js";

/**
 * Bytes that the key indexes of this process may take together: about a million keys. The one that
 * was used last stays whatever it takes.
 */
const MAX_BYTES = 33_554_432;
const MAX_FILES = 256;

type Home = Map<string, KeyIndex>;

/**
 * They outlive the handles: who opens a transcript for each call would otherwise have it read from
 * its start each time.
 */
const homes = new WeakMap<FileSystem, Home>();
/** Where each index lives, the one used last at the end. */
const uses = new Map<KeyIndex, { readonly home: Home; readonly path: string }>();

/** The index of a file, made on the first use. */
export function keyIndexOf(fs: FileSystem, path: string): KeyIndex {
  const home: Home = homes.get(fs) ?? new Map();
  homes.set(fs, home);
  const index = home.get(path) ?? new KeyIndex();
  home.set(path, index);
  uses.delete(index);
  uses.set(index, { home, path });
  return index;
}

/** Lets go of those that were not used for longest, until the bounds are kept. */
export function trimKeyIndexes(): void {
  let bytes = 0;
  for (const index of uses.keys()) bytes += index.bytes;
  for (const [index, { home, path }] of uses) {
    if (uses.size <= 1 || (bytes <= MAX_BYTES && uses.size <= MAX_FILES)) return;
    bytes -= index.bytes;
    uses.delete(index);
    home.delete(path);
  }
}
