import { invalid } from "../base/arguments.js";
import { WorkPace } from "../scan/lines/work-pace.js";
import { fingerprint } from "./message-identity.js";
import { fingerprintKey, givenKey, placeKeyOf } from "./mirror-key.js";
import { DEFAULT_ROLES, type MirrorMessage, type MirrorOptions } from "./mirror-options.js";

/** What a message costs besides its text, as work between two turns of the event loop. */
const MESSAGE_WORK = 1024;

/** A message that is to be mirrored. */
export interface PlannedMessage {
  readonly message: MirrorMessage;
  /** Its place among all messages of the call. */
  readonly index: number;
  readonly key: string;
  /**
   * The key that earlier mirrors made of its place among the mirrored messages; undefined for a
   * message with an identity of its own, which may say the same as another at that place.
   */
  readonly placeKey: string | undefined;
}

/**
 * The messages of the wanted roles with their keys, made before any hook could rewrite them.
 *
 * @throws LeaflogError `LEAFLOG_INVALID_ARGUMENT`, `LEAFLOG_NOT_SERIALIZABLE`
 */
export async function planMessages(options: MirrorOptions): Promise<PlannedMessage[]> {
  const { messages, roles = DEFAULT_ROLES } = options;
  const wanted = new Set(roles);
  const planned: PlannedMessage[] = [];
  const pace = new WorkPace();
  for (const [index, message] of messages.entries()) {
    if (!wanted.has(message.role)) continue;
    if (pace.isDue(MESSAGE_WORK)) await pace.rest();
    planned.push({ message, index, ...keysOf(message, index, planned.length, options) });
  }
  return planned;
}

function keysOf(
  message: MirrorMessage,
  index: number,
  place: number,
  { scope, identityOf, redact, fingerprintSecret }: MirrorOptions,
): Pick<PlannedMessage, "key" | "placeKey"> {
  const given: unknown = identityOf?.(message, index);
  if (given !== undefined) {
    if (typeof given === "string" && given.trim() !== "") {
      return { key: givenKey(scope, given), placeKey: undefined };
    }
    throw invalid("identityOf", given, "a function that returns a non-blank string or undefined");
  }
  if (redact !== undefined && fingerprintSecret === undefined) {
    const wanted =
      "given with `redact`, or `identityOf` give every message an identity: a fingerprint without a secret would let readers of the file guess what was redacted";
    throw invalid("fingerprintSecret", fingerprintSecret, wanted);
  }
  const { role } = message;
  return {
    key: fingerprintKey(scope, role, fingerprint(message, fingerprintSecret)),
    placeKey: placeKeyOf(scope, role, place),
  };
}
