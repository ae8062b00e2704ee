import { constants } from "node:buffer";
import { EncodedEntry } from "../entry/encoded-entry.js";
import type { EntryInput } from "../entry/entry.js";

/**
 * An entry as it is at this moment, for a plugin may change it while its call waits to be let in.
 *
 * @throws LeaflogError as `Transcript.append` rejects for bad input
 */
export function entrySnapshot(input: unknown): EntryInput {
  const encoded = new EncodedEntry(input, constants.MAX_STRING_LENGTH);
  return JSON.parse(encoded.line(undefined)) as EntryInput;
}
