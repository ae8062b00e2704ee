import { LeaflogError, type LeaflogErrorCode, type LeaflogErrorFacts } from "../../base/errors.js";
import { refusalText } from "../host/refusal.js";
import type { TranscriptIdentity } from "../host/transcript-identity.js";

/** Errors that speak of what the plugin gave and of nothing else but, at their end, the file. */
const OF_INPUT: ReadonlySet<LeaflogErrorCode> = new Set<LeaflogErrorCode>([
  "LEAFLOG_ENTRY_TOO_LARGE",
  "LEAFLOG_IDEMPOTENCY_CONFLICT",
  "LEAFLOG_INVALID_ARGUMENT",
  "LEAFLOG_LEAF_CONFLICT",
  "LEAFLOG_NOT_SERIALIZABLE",
]);

const HOST_FAILED = "the host failed to look the transcript up: try again, or ask its owner";

/** What is said instead of messages that may hold paths. */
const SAID: { readonly [code in LeaflogErrorCode]?: string } = {
  LEAFLOG_ABORTED: "aborted before writing or reading was done; nothing was written",
  LEAFLOG_BAD_HEADER: "the first line of the transcript is no header: its host has to repair it",
  LEAFLOG_CLOSED: "the SDK or its host is closed: nothing is read or written through it any more",
  LEAFLOG_HARD_LINKED:
    "the transcript has several names (hard links): its host has to give it one; nothing was written",
  LEAFLOG_HOST_FAILED: HOST_FAILED,
  LEAFLOG_IN_TRANSACTION:
    "called from within withWriteLock on this transcript, which it would wait for: use `tx` there",
  LEAFLOG_LEAF_UNREADABLE: "the end of the transcript cannot be read; nothing was written",
  LEAFLOG_LINEAR_TRANSCRIPT: "the transcript is linear: its host has to migrate it first",
  LEAFLOG_LOCK_FAILED: "the transcript cannot be locked; nothing was written",
  LEAFLOG_LOCK_LOST:
    "another writer took the lock over; unless `written` says so nothing was written: try again",
  LEAFLOG_LOCK_TIMEOUT:
    "another writer held the lock until the deadline; nothing was written: try again, or raise timeoutMs",
  LEAFLOG_POISONED:
    "a sync failed: what was written since the last one may not survive a power loss; try again",
  LEAFLOG_QUEUE_FULL:
    "no room in the queue until the deadline; nothing was written: await earlier appends",
  LEAFLOG_READ_FAILED: "the transcript cannot be read",
  LEAFLOG_SUPERSEDED:
    "the host was superseded by another: nothing is read or written through it any more",
  LEAFLOG_TIMEOUT: "the deadline passed; nothing was written: try again, or raise timeoutMs",
  LEAFLOG_UNKNOWN_FORMAT:
    "what stands in the place of the transcript is none: its host has to look; it is as it was",
  LEAFLOG_WRITE_FAILED: "the transcript cannot be written; `cutBack` tells what is left of the try",
};

/** Facts that hold no path. */
const FACTS = [
  "reason",
  "waitedMs",
  "ageMs",
  "expected",
  "actual",
  "idempotencyKey",
  "storedId",
  "cutBack",
  "written",
] as const satisfies readonly (keyof LeaflogErrorFacts)[];

/** What the plugin's own callback threw, on its way out. */
export class PluginFailure {
  readonly failure: unknown;

  constructor(failure: unknown) {
    this.failure = failure;
  }
}

/** Errors made for plugins already. */
const told = new WeakSet<LeaflogError>();

/** An error for a plugin, that is the {@link pluginError} of itself. */
export function toldError(
  code: LeaflogErrorCode,
  message: string,
  facts: LeaflogErrorFacts = {},
): LeaflogError {
  const error = new LeaflogError(code, message, facts);
  told.add(error);
  return error;
}

/**
 * What a plugin gets to see of an error: its code and its facts, the identity instead of the file,
 * and no path, neither in the message nor in what the operating system said.
 */
export function pluginError(error: unknown, identity?: TranscriptIdentity): LeaflogError {
  const named = identity && { identity };
  if (!(error instanceof LeaflogError)) {
    return toldError("LEAFLOG_HOST_FAILED", HOST_FAILED, { ...named, ...causeOf(error) });
  }
  if (told.has(error)) return error;
  const { code } = error;
  const facts = Object.fromEntries(
    FACTS.filter((name) => error[name] !== undefined).map((name) => [name, error[name]]),
  );
  return toldError(code, messageOf(error), {
    ...facts,
    ...named,
    ...causeOf(error.cause, code),
  });
}

function messageOf(error: LeaflogError): string {
  const { code, message, file } = error;
  if (code === "LEAFLOG_REFUSED") return refusalText(error);
  if (OF_INPUT.has(code)) {
    const end = ` (${file})`;
    const text = message.endsWith(end) ? message.slice(0, -end.length) : message;
    if (file === undefined || !text.includes(file)) return text;
  }
  return SAID[code] ?? code;
}

/** The operating system's code without its words; what the plugin itself threw or gave, as it is. */
function causeOf(cause: unknown, code?: LeaflogErrorCode): { cause?: unknown } {
  if (code === "LEAFLOG_ABORTED" || (code !== undefined && OF_INPUT.has(code))) {
    return cause === undefined ? {} : { cause };
  }
  if (!(cause instanceof Error) || !("code" in cause) || typeof cause.code !== "string") return {};
  if (!/^[A-Z][A-Z0-9_]{1,40}$/.test(cause.code)) return {};
  return { cause: Object.assign(new Error(cause.code), { code: cause.code }) };
}
