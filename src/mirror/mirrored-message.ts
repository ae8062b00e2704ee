import type { StoredEntry } from "../append/idempotency/stored-entry.js";
import type { Entry } from "../entry/entry.js";
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
  const line = encoded.line(undefined);
  return new WrittenMessage(planned.key, id, messageSeq, line);
}

class WrittenMessage implements MirroredMessage {
  readonly appended = true;
  readonly blocked = false;
  readonly skipped = false;
  readonly key: string;
  readonly id: string;
  readonly messageSeq: number | undefined;
  readonly #line: string;
  #message: MirrorMessage | undefined;

  constructor(key: string, id: string, messageSeq: number | undefined, line: string) {
    this.key = key;
    this.id = id;
    this.messageSeq = messageSeq;
    this.#line = line;
  }

  /** Parsed on the first use: few callers look at what they just wrote. */
  get message(): MirrorMessage | undefined {
    this.#message ??= messageOf(JSON.parse(this.#line) as Entry);
    return this.#message;
  }
}

export function messageOf(entry: Entry | undefined): MirrorMessage | undefined {
  const message = entry?.message;
  return typeof message === "object" && message !== null ? (message as MirrorMessage) : undefined;
}
