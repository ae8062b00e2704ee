import { invalid } from "../base/arguments.js";
import { isObject } from "../base/json-object.js";
import { KEY_MEMBER } from "../entry/encoded-entry.js";
import type { Entry } from "../entry/entry.js";
import { jsonValue } from "../entry/json-value.js";
import { DEFAULT_FORMAT, type TranscriptFormat } from "../entry/transcript-format.js";

/** Longest key, in UTF-16 units. */
const MAX_KEY_LENGTH = 1024;

/**
 * @param name of the argument, for the error
 * @throws LeaflogError `LEAFLOG_INVALID_ARGUMENT`
 */
export function checkedKey(name: string, key: unknown): string {
  if (typeof key !== "string" || key.trim() === "" || key.length > MAX_KEY_LENGTH) {
    throw invalid(name, key, `a non-blank string of at most ${MAX_KEY_LENGTH} characters`);
  }
  return key;
}

/**
 * A copy of what a caller appends with the key in its place, where it takes that of another key.
 *
 * @throws LeaflogError `LEAFLOG_NOT_SERIALIZABLE` when a `toJSON` throws
 */
export function withKey(
  input: unknown,
  key: string,
  { messageType }: TranscriptFormat = DEFAULT_FORMAT,
): unknown {
  const entry = jsonValue(input, "");
  // What is no object has no place for a key; encoding it rejects.
  if (!isObject(entry)) return entry;
  const isKeptInside = entry.type === "message" && messageType === "message";
  const message = isKeptInside ? jsonValue(entry.message, "message") : undefined;
  if (isObject(message)) return { ...entry, message: { ...message, [KEY_MEMBER]: key } };
  return { ...entry, [KEY_MEMBER]: key };
}

/** The key that an entry was appended under; undefined when it has none. */
export function keyOfEntry(entry: Entry): string | undefined {
  const { message } = entry;
  const inner = entry.type === "message" && isObject(message) ? message[KEY_MEMBER] : undefined;
  return keyAmong(inner, entry[KEY_MEMBER]);
}

/** @param inner what the message of an entry of type `message` has at the key's place */
export function keyAmong(inner: unknown, outer: unknown): string | undefined {
  if (typeof inner === "string") return inner;
  return typeof outer === "string" ? outer : undefined;
}
