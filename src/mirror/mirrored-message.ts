import type { Entry } from "../entry/entry.js";
import type { StoredEntry } from "../keys/stored-entry.js";
import type { EachResult } from "../transcript/keyed-appends.js";
import type { MirroredMessage, MirrorMessage } from "./mirror-options.js";
import type { PlannedMessage } from "./planned-message.js";

const NOTHING: MirroredMessage = {
  id: undefined,
  appended: false,
  blocked: false,
  skipped: false,
  key: undefined,
  message: undefined,
  messageSeq: undefined,
};

/** A message of a role that is not mirrored. */
export const SKIPPED: MirroredMessage = { ...NOTHING, skipped: true };

export function blockedMessage({ key }: PlannedMessage): MirroredMessage {
  return { ...NOTHING, key, blocked: true };
}

/** A message that was in the transcript before. */
export function storedMessage(
  { key }: PlannedMessage,
  { id, entry }: Pick<StoredEntry, "id" | "entry">,
): MirroredMessage {
  return { ...NOTHING, key, id, message: messageOf(entry) };
}

/** A message that this call wrote, unless another was quicker. */
export function writtenMessage(
  planned: PlannedMessage,
  { result, encoded }: EachResult,
): MirroredMessage {
  if (!result.appended) return storedMessage(planned, result);
  const { id, messageSeq } = result;
  const entry = JSON.parse(encoded.line(undefined)) as Entry;
  return { ...storedMessage(planned, { id, entry }), appended: true, messageSeq };
}

export function messageOf(entry: Entry | undefined): MirrorMessage | undefined {
  const message = entry?.message;
  return typeof message === "object" && message !== null ? (message as MirrorMessage) : undefined;
}
