import { invalid } from "../base/arguments.js";
import { LeaflogError } from "../base/errors.js";
import type { CallLimits } from "./call-limits.js";
import type { MirrorMessage, MirrorOptions } from "./mirror-options.js";
import type { PlannedMessage } from "./planned-message.js";

/**
 * What is to be written of a message when all hooks have had it; null when one blocked it.
 *
 * @throws what a hook throws; LeaflogError `LEAFLOG_INVALID_ARGUMENT` when one returns no message,
 * `LEAFLOG_ABORTED` and `LEAFLOG_TIMEOUT` when one takes too long
 */
export async function throughHooks(
  { message, index, key }: PlannedMessage,
  { beforeWrite, redact }: MirrorOptions,
  limits: CallLimits,
): Promise<MirrorMessage | null> {
  let current = message;
  if (beforeWrite) {
    const copy = copyOf(current);
    const context = { index, key, signal: limits.signal };
    const answer = await limits.answerOf("beforeWrite", () => beforeWrite(copy, context));
    if (answer === null) return null;
    current = checkedAnswer("beforeWrite", answer, "the message to write, or null to write none");
  }
  if (redact) {
    const copy = copyOf(current);
    const answer = await limits.answerOf("redact", () => redact(copy));
    current = checkedAnswer("redact", answer, "what may be written");
  }
  return current;
}

function checkedAnswer(name: string, answer: unknown, wanted: string): MirrorMessage {
  // A forgotten `return` must not be taken for a wish.
  if (typeof answer !== "object" || answer === null || Array.isArray(answer)) {
    throw invalid(name, answer, `a function that returns ${wanted}`);
  }
  return answer as MirrorMessage;
}

/** A message as it would be written: a hook may change it at will. */
function copyOf(message: MirrorMessage): MirrorMessage {
  try {
    return JSON.parse(JSON.stringify(message)) as MirrorMessage;
  } catch (cause) {
    throw new LeaflogError("LEAFLOG_NOT_SERIALIZABLE", "JSON cannot hold this message", { cause });
  }
}
