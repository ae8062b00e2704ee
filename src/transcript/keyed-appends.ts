import { AppendCall, inOrder } from "../append/call/append-call.js";
import type { AppendResult } from "../append/call/append-result.js";
import { aborted } from "../base/failures.js";
import type { EncodedEntry } from "../entry/encoded-entry.js";
import { KeyQuery } from "../keys/key-query.js";
import { KeyedCall } from "../keys/keyed-call.js";
import type { StoredEntry } from "../keys/stored-entry.js";
import { statIfAny } from "../scan/end/stat-if-any.js";
import type { AppendOptions } from "./call/append-options.js";
import type { Transcript } from "./transcript.js";
import { accessOf } from "./transcript-access.js";

/** A message with its key in its place. */
export interface KeyedMessage {
  readonly key: string;
  readonly encoded: EncodedEntry;
}

export type KeyedAppendOptions = Pick<AppendOptions, "signal" | "timeoutMs">;

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

/** An entry of `appendEach` and where it stands. */
export interface EachResult {
  readonly result: AppendResult;
  /** As it was written, if it was. */
  readonly encoded: EncodedEntry;
}

/**
 * Appends those messages whose keys are new, in their order, with one write; for each of the others
 * tells what is stored under its key, whatever it says. They make no batch: what stands of a write
 * that a crash tore counts, and another call adds the rest.
 *
 * @throws LeaflogError as `Transcript.append`
 */
export async function appendEach(
  transcript: Transcript,
  messages: readonly KeyedMessage[],
  options: KeyedAppendOptions,
): Promise<EachResult[]> {
  const { writer, options: resolved, ensureOpen } = accessOf(transcript);
  ensureOpen();
  const { signal } = options;
  if (signal?.aborted) throw aborted(signal, transcript.file);
  if (messages.length === 0) return [];
  const entries = messages.map(({ encoded }) => encoded);
  const keys = messages.map(({ key }) => key);
  const { maxEntryBytes, lock } = resolved;
  const terms = {
    file: transcript.file,
    options: resolved,
    expectedLeaf: undefined,
    signal,
    timeoutMs: options.timeoutMs ?? lock.timeoutMs,
    keyed: new KeyedCall(entries, keys, { onConflict: "stored", scope: "each", maxEntryBytes }),
  };
  const call = new AppendCall(entries, terms, inOrder);
  writer.append(call);
  const results = await call.done;
  return results.map((result, index) => {
    return { result, encoded: call.entries[index] as EncodedEntry };
  });
}
