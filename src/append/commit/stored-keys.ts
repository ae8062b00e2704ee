import type { LeaflogError } from "../../base/errors.js";
import type { EncodedEntry } from "../../entry/encoded-entry.js";
import type { Entry } from "../../entry/entry.js";
import { isMessageType } from "../../entry/transcript-format.js";
import { otherBody, otherNumber, saysTheSame } from "../../keys/key-conflict.js";
import type { FoundKeys } from "../../keys/key-lookup.js";
import { type StoredEntry, storedEntry } from "../../keys/stored-entry.js";
import type { AppendCall } from "../call/append-call.js";
import type { AppendResult } from "../call/append-result.js";

/** What a group commit knows of the keys of its calls: from the file, then from the group itself. */
export class StoredKeys {
  readonly #found: FoundKeys;
  readonly #file: string;
  /** Where the group wrote a key. */
  readonly #written = new Map<string, WrittenKey>();
  #messages: number;

  /** @param file named in errors */
  constructor(found: FoundKeys, file: string) {
    this.#found = found;
    this.#file = file;
    this.#messages = found.messages;
  }

  /** The entry that was appended before under the key of that entry of a call. */
  stored(call: AppendCall, index: number): StoredEntry | undefined {
    const key = call.keyed?.query.keys[index];
    if (key === undefined) return undefined;
    return this.#inGroup(key) ?? this.#found.stored.get(key);
  }

  /** Whether all of a call's entries were appended before. */
  isReplay(call: AppendCall): boolean {
    if (call.keyed === undefined) return false;
    return call.entries.every((_, index) => this.stored(call, index) !== undefined);
  }

  /** Why nothing of a call can be appended. */
  conflict(call: AppendCall): LeaflogError | undefined {
    const { keyed } = call;
    if (keyed === undefined) return undefined;
    let met: StoredEntry | undefined;
    let missing = false;
    for (const [index, key] of keyed.query.keys.entries()) {
      const stored = this.stored(call, index);
      met ??= stored;
      missing ||= stored === undefined;
      if (stored && keyed.onConflict === "reject" && !isSame(call, index, stored)) {
        return otherBody(this.#file, key, stored);
      }
    }
    if (keyed.scope === "each" || met === undefined || !missing) return undefined;
    const key = keyed.query.keys[0] as string;
    return otherNumber(this.#file, key, met);
  }

  /** Notes an entry that the group writes. @returns which message of the file it is, from 1 on */
  note(call: AppendCall, index: number, at: AppendResult): number | undefined {
    const key = call.keyed?.query.keys[index];
    if (key !== undefined) this.#written.set(key, { call, index, at, stored: undefined });
    const entry = call.entries[index];
    if (!isMessageType(entry?.type, entry?.format)) return undefined;
    this.#messages += 1;
    return this.#messages;
  }

  #inGroup(key: string): StoredEntry | undefined {
    const written = this.#written.get(key);
    if (written === undefined) return undefined;
    if (written.stored === undefined) {
      const { call, index, at } = written;
      const entry = JSON.parse(call.line(index, at.parentId)) as Entry;
      written.stored = storedEntry(key, at, at, entry);
    }
    return written.stored;
  }
}

interface WrittenKey {
  readonly call: AppendCall;
  readonly index: number;
  readonly at: AppendResult;
  stored: StoredEntry | undefined;
}

function isSame(call: AppendCall, index: number, stored: StoredEntry): boolean {
  const size = call.entries.length;
  const batch = stored.entry?.batch as { size?: unknown } | undefined;
  if (call.keyed?.scope === "all" && size > 1 && batch?.size !== size) return false;
  return saysTheSame(stored, call.entries[index] as EncodedEntry);
}
