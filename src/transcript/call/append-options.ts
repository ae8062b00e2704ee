import { oneOf } from "../../base/arguments.js";
import { type MemberNames, memberNames } from "../../base/known-members.js";
import type { EncodedEntry } from "../../entry/encoded-entry.js";
import { checkedKey } from "../../keys/idempotency-key.js";
import { type IdempotencyConflict, KeyedCall } from "../../keys/keyed-call.js";
import type { ResolvedOptions } from "../../options/options.js";

/** Options of a single append. */
export interface AppendOptions {
  /**
   * Appends once and no more, whoever else appends under this key, in any process: when an entry of
   * that key stands in the file, on whatever branch, the result tells of it and has `appended`
   * false. Entries of a batch that a crash interrupted do not count. It is kept in
   * `message.idempotencyKey` of an entry of type `message`, in `idempotencyKey` of any other, in
   * the place of what the caller has there; entry number i of a batch is kept under `<key>:<i>`,
   * and of a batch all are appended or none. A non-blank string of at most 1,024 characters.
   *
   * The first such append of a process reads the file once, without the lock; later ones read what
   * is new.
   * @default none: nothing is looked up
   * @example { idempotencyKey: "telegram:4711" }
   */
  readonly idempotencyKey?: string;
  /**
   * What to do when the entry that stands there under the key says something else (id, parent,
   * timestamp and the order of members aside): `reject` with `LEAFLOG_IDEMPOTENCY_CONFLICT`, or be
   * content with the one that is `stored`.
   * @default "reject"
   * @example { idempotencyKey: "telegram:4711", onIdempotencyConflict: "stored" }
   */
  readonly onIdempotencyConflict?: IdempotencyConflict;
  /**
   * Append only if this is the leaf (null: none yet); otherwise reject with
   * `LEAFLOG_LEAF_CONFLICT`, which names the leaf that is.
   * @default whatever the leaf is
   * @example { expectedLeaf: (await transcript.leaf()).id }
   */
  readonly expectedLeaf?: string | null;
  /**
   * Gives the append up, as long as its entries have not begun to be written.
   * @example { signal: AbortSignal.timeout(500) }
   */
  readonly signal?: AbortSignal;
  /**
   * Milliseconds for room, queue and lock together.
   * @default lock.timeoutMs, 30,000
   * @example { timeoutMs: 2_000 }
   */
  readonly timeoutMs?: number;
}

/** What an append takes. */
export const APPEND_MEMBERS: MemberNames<AppendOptions> = memberNames<AppendOptions>({
  idempotencyKey: true,
  onIdempotencyConflict: true,
  expectedLeaf: true,
  signal: true,
  timeoutMs: true,
});

/** An append that asks for nothing in particular. */
export const PLAIN: AppendOptions = {};

/** The keys of the entries of one call. */
export function keysOf(key: string, inputs: readonly unknown[], batch: boolean): string[] {
  const checked = checkedKey("idempotencyKey", key);
  return batch ? inputs.map((_, index) => `${checked}:${index}`) : [checked];
}

/**
 * @param keys one for each entry
 * @throws LeaflogError `LEAFLOG_INVALID_ARGUMENT`
 */
export function keyedCall(
  entries: readonly EncodedEntry[],
  keys: readonly string[],
  { onIdempotencyConflict }: AppendOptions,
  { maxEntryBytes }: ResolvedOptions,
): KeyedCall {
  const onConflict = oneOf("onIdempotencyConflict", onIdempotencyConflict, ["reject", "stored"]);
  return new KeyedCall(entries, keys, { onConflict, scope: "all", maxEntryBytes });
}
