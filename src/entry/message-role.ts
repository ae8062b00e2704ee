import { invalid } from "../base/arguments.js";
import { isObject } from "../base/json-object.js";
import { jsonValue } from "./json-value.js";
import type { TranscriptFormat } from "./transcript-format.js";

/**
 * Whose message it is, which whoever reads it has to know; as JSON will have it.
 *
 * @throws LeaflogError `LEAFLOG_INVALID_ARGUMENT` for a message without one
 */
export function roleOf(given: unknown, { name, messageType }: TranscriptFormat): string {
  const message = jsonValue(given, "message");
  const isOwn = isObject(message) && Object.prototype.propertyIsEnumerable.call(message, "role");
  const role = isOwn ? message.role : undefined;
  if (typeof role === "string" && role.trim() !== "") return role;
  const why = messageType === "role" ? `: in ${name} it is the entry's type` : "";
  throw invalid("message.role", role, `a non-blank string${why}`);
}

/** The type of an entry that carries a message of that role. */
export function messageTypeOf(
  role: string | undefined,
  { messageType }: TranscriptFormat,
): string | undefined {
  return messageType === "role" ? role : messageType;
}
