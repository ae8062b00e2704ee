import { checkedKey } from "../append/idempotency/idempotency-key.js";
import { invalid } from "../options.js";
import { WorkPace } from "../scan/work-pace.js";
import { messageIdentity } from "./message-identity.js";
import { DEFAULT_ROLES, type MirrorMessage, type MirrorOptions } from "./mirror-options.js";

/** What a message costs besides its text, as work between two turns of the event loop. */
const MESSAGE_WORK = 1024;

/** A message that is to be mirrored. */
export interface PlannedMessage {
  readonly message: MirrorMessage;
  /** Its place among all messages of the call. */
  readonly index: number;
  readonly key: string;
  /** The key that earlier mirrors made of its place among the mirrored messages. */
  readonly placeKey: string;
}

/**
 * The messages of the wanted roles with their keys, made before any hook could rewrite them.
 *
 * @throws LeaflogError `LEAFLOG_INVALID_ARGUMENT`, `LEAFLOG_NOT_SERIALIZABLE`
 */
export async function planMessages(options: MirrorOptions): Promise<PlannedMessage[]> {
  const { messages, scope, identityOf, roles = DEFAULT_ROLES } = options;
  const wanted = new Set(roles);
  const planned: PlannedMessage[] = [];
  const pace = new WorkPace();
  for (const [index, message] of messages.entries()) {
    if (!wanted.has(message.role)) continue;
    if (pace.isDue(MESSAGE_WORK)) await pace.rest();
    const given: unknown = identityOf?.(message, index);
    if (given !== undefined && (typeof given !== "string" || given.trim() === "")) {
      throw invalid("identityOf", given, "a function that returns a non-blank string or undefined");
    }
    const key = checkedKey("scope:identity", `${scope}:${given ?? messageIdentity(message)}`);
    const placeKey = `${scope}:${message.role}:${planned.length}`;
    planned.push({ message, index, key, placeKey });
  }
  return planned;
}
