import { LeaflogError } from "../errors.js";
import { invalid } from "../options.js";
import type { MirrorMessage, MirrorOptions } from "./mirror-options.js";
import type { PlannedMessage } from "./planned-message.js";

/**
 * What is to be written of a message when all hooks have had it; null when one blocked it.
 *
 * @throws what a hook throws; LeaflogError `LEAFLOG_INVALID_ARGUMENT` when one returns no message
 */
export async function throughHooks(
  { message, index, key }: PlannedMessage,
  { beforeWrite, redact, signal }: MirrorOptions,
): Promise<MirrorMessage | null> {
  let current = message;
  if (beforeWrite) {
    const answer: unknown = await beforeWrite(copyOf(current), { index, key, signal });
    if (answer === null) return null;
    current = checkedAnswer("beforeWrite", answer, "the message to write, or null to write none");
  }
  if (redact) {
    current = checkedAnswer("redact", await redact(copyOf(current)), "what may be written");
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
