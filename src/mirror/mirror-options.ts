import { invalid, MAX_TIMEOUT_MS, whole } from "../base/arguments.js";
import { ensureKnown, memberNames } from "../base/known-members.js";
import { checkedKey } from "../keys/idempotency-key.js";
import type { TranscriptOptions } from "../options/options.js";

/** A message as it comes from elsewhere: any object with a role. */
export interface MirrorMessage {
  readonly role: string;
  readonly content?: unknown;
  readonly [member: string]: unknown;
}

/** The roles that are mirrored by default. */
export const DEFAULT_ROLES: readonly string[] = ["user", "assistant", "toolResult"];

/** Characters of a secret that is not to be guessed. */
const LEAST_SECRET = 16;

/** What a hook is told besides the message. */
export interface MirrorContext {
  /** The message's place among `messages`. */
  readonly index: number;
  /** The idempotency key that it will be kept under. */
  readonly key: string;
  readonly signal: AbortSignal | undefined;
}

/** What `mirrorMessages` is to do. */
export interface MirrorOptions {
  /** To be left alone until the call settles. Those of other roles are passed over. */
  readonly messages: readonly MirrorMessage[];
  /**
   * What tells these messages from those of other sources, and stays the same from call to call:
   * an account and a thread, say. What changes with each turn belongs into the identity.
   */
  readonly scope: string;
  /**
   * What tells a message from the others of its scope, and stays the same when it comes again, such
   * as `turn-7:prompt`. Two turns of the same text are one message without it. For undefined the
   * default is taken, which `redact` allows with a `fingerprintSecret` alone.
   * @default the role and a fingerprint of role and content
   */
  readonly identityOf?: (message: MirrorMessage, index: number) => string | undefined;
  /**
   * Makes the fingerprint of a message without an identity a keyed one (HMAC): at least 16
   * characters that readers of the file do not have, and that stay the same from call to call.
   * Without it, whoever reads the file can find out by trying what a short text said that a hook
   * took out; therefore `redact` asks for it.
   */
  readonly fingerprintSecret?: string;
  /** @default ["user", "assistant", "toolResult"] */
  readonly roles?: readonly string[];
  /**
   * Asked about each new message before the write lock is taken: the message that is to be written,
   * the given one or another, or null to write none. It is handed a copy of its own. Another
   * process may still write the message first; then that one stands. What it throws, the mirror
   * rejects with, and nothing is written.
   */
  readonly beforeWrite?: (
    message: MirrorMessage,
    context: MirrorContext,
  ) => MirrorMessage | null | Promise<MirrorMessage | null>;
  /**
   * Returns what may be written of a message: file, result and updates hold nothing else. Called
   * last, after `beforeWrite`, with a copy of its own. Asks for a `fingerprintSecret` where
   * `identityOf` gives no identity.
   */
  readonly redact?: (message: MirrorMessage) => MirrorMessage | Promise<MirrorMessage>;
  /** Gives it up, as long as nothing has begun to be written, whatever a hook is doing. */
  readonly signal?: AbortSignal;
  /** Milliseconds for all of the call: hooks, queue and lock. @default lock.timeoutMs, 30,000 */
  readonly timeoutMs?: number;
  /** How a transcript that is given by its path is opened. */
  readonly transcript?: TranscriptOptions;
}

/** What became of one message. */
export interface MirroredMessage {
  /** The entry's; undefined when nothing of the message is in the transcript. */
  readonly id: string | undefined;
  /** Whether this call wrote it: only then is there something to tell others of. */
  readonly appended: boolean;
  /** Whether `beforeWrite` kept it out. */
  readonly blocked: boolean;
  /** Whether its role is none of `roles`. */
  readonly skipped: boolean;
  /** What it is kept under; undefined when it was skipped. */
  readonly key: string | undefined;
  /**
   * The message as it stands in the transcript, never the caller's own; undefined when there is
   * none, or its line exceeds `maxEntryBytes`.
   */
  readonly message: MirrorMessage | undefined;
  /** When it was appended: which message of the transcript it is, from 1 on. */
  readonly messageSeq: number | undefined;
}

/** What a mirror call did. */
export interface MirrorResult {
  /** One for each of `messages`, in their order. */
  readonly messages: readonly MirroredMessage[];
  /** How many of them this call wrote. */
  readonly appended: number;
}

const MIRROR_MEMBERS = memberNames<MirrorOptions>({
  messages: true,
  scope: true,
  identityOf: true,
  fingerprintSecret: true,
  roles: true,
  beforeWrite: true,
  redact: true,
  signal: true,
  timeoutMs: true,
  transcript: true,
});

/** @throws LeaflogError `LEAFLOG_INVALID_ARGUMENT` */
export function checkMirrorOptions(options: MirrorOptions): void {
  if (typeof options !== "object" || options === null) {
    throw invalid("options", options, "an object with `messages` and `scope`");
  }
  ensureKnown("options", options, MIRROR_MEMBERS);
  const { messages, scope, roles } = options;
  if (!Array.isArray(messages)) throw invalid("messages", messages, "an array of messages");
  for (const [index, message] of messages.entries()) {
    if (typeof message !== "object" || message === null || Array.isArray(message)) {
      throw invalid(`messages[${index}]`, message, "a message: an object with a `role`");
    }
    const { role } = message as { readonly role?: unknown };
    if (typeof role === "string" && role.trim() !== "") continue;
    throw invalid(`messages[${index}].role`, role, "a non-blank string");
  }
  checkedKey("scope", scope);
  if (roles !== undefined && !Array.isArray(roles)) throw invalid("roles", roles, "an array");
  const { fingerprintSecret: secret } = options;
  if (secret !== undefined && (typeof secret !== "string" || secret.length < LEAST_SECRET)) {
    const wanted = `a string of at least ${LEAST_SECRET} characters`;
    // The value is none of the error's readers' business.
    throw invalid("fingerprintSecret", "…", wanted);
  }
  whole("timeoutMs", options.timeoutMs, 1, 1, MAX_TIMEOUT_MS);
  for (const name of ["identityOf", "beforeWrite", "redact"] as const) {
    const hook: unknown = options[name];
    if (hook !== undefined && typeof hook !== "function") throw invalid(name, hook, "a function");
  }
}
