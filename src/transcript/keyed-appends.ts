import { AppendCall } from "../append/append-call.js";
import type { AppendResult } from "../append/append-result.js";
import { checkedKey, withKey } from "../append/idempotency/idempotency-key.js";
import { KeyQuery } from "../append/idempotency/key-query.js";
import { KeyedCall } from "../append/idempotency/keyed-call.js";
import type { StoredEntry } from "../append/idempotency/stored-entry.js";
import { aborted } from "../append/pending-calls.js";
import { statIfAny } from "../append/transcript-file.js";
import { EncodedEntry } from "../entry/encoded-entry.js";
import type { EntryInput } from "../entry/entry.js";
import { LeaflogError } from "../errors.js";
import type { AppendOptions } from "./append-options.js";
import type { Transcript } from "./transcript.js";
import { accessOf } from "./transcript-access.js";

/** An entry with its key in its place. */
export interface KeyedEntry {
  readonly key: string;
  readonly encoded: EncodedEntry;
}

export type KeyedAppendOptions = Pick<AppendOptions, "signal" | "timeoutMs">;

/**
 * Encodes an entry that is to be appended once under a key.
 *
 * @throws LeaflogError as `Transcript.append` rejects for bad input
 */
export function keyedEntry(transcript: Transcript, key: string, entry: EntryInput): KeyedEntry {
  const { maxEntryBytes } = accessOf(transcript).options;
  try {
    checkedKey("idempotencyKey", key);
    return { key, encoded: new EncodedEntry(withKey(entry, key), maxEntryBytes) };
  } catch (error) {
    if (!(error instanceof LeaflogError)) throw error;
    const { cause } = error;
    throw new LeaflogError(error.code, error.message, { file: transcript.file, cause });
  }
}

/**
 * Looks up the entries of some keys; a transcript that is not there yet is not made.
 *
 * @throws LeaflogError as `Transcript.append`
 */
export async function findStored(
  transcript: Transcript,
  keys: readonly string[],
  options: KeyedAppendOptions,
): Promise<ReadonlyMap<string, StoredEntry>> {
  const { writer, options: resolved, ensureOpen } = accessOf(transcript);
  ensureOpen();
  if (options.signal?.aborted) throw aborted(options.signal, transcript.file);
  if ((await statIfAny(resolved.fileSystem, transcript.file)) === undefined) return new Map();
  const query = new KeyQuery(keys, resolved.maxEntryBytes);
  const timeoutMs = options.timeoutMs ?? resolved.lock.timeoutMs;
  return (await writer.findKeys(query, { timeoutMs, signal: options.signal })).stored;
}

/**
 * Appends those entries whose keys are new, in their order, with one write; for each of the others
 * tells what is stored under its key, whatever it says. The entries make no batch: what stands of a
 * write that a crash tore counts, and another call adds the rest.
 *
 * @throws LeaflogError as `Transcript.append`
 */
export async function appendEach(
  transcript: Transcript,
  entries: readonly KeyedEntry[],
  options: KeyedAppendOptions,
): Promise<AppendResult[]> {
  const { writer, options: resolved, ensureOpen } = accessOf(transcript);
  ensureOpen();
  const { signal } = options;
  if (signal?.aborted) throw aborted(signal, transcript.file);
  if (entries.length === 0) return [];
  const encoded = entries.map((entry) => entry.encoded);
  const keyed = new KeyedCall(
    encoded,
    entries.map(({ key }) => key),
    { onConflict: "stored", scope: "each", maxEntryBytes: resolved.maxEntryBytes },
  );
  const call = new AppendCall(encoded, {
    file: transcript.file,
    options: resolved,
    expectedLeaf: undefined,
    signal,
    timeoutMs: options.timeoutMs ?? resolved.lock.timeoutMs,
    keyed,
  });
  writer.append(call);
  return call.done;
}
