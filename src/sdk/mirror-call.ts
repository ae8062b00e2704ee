import { memberNames } from "../base/known-members.js";
import { mirrorMessages } from "../mirror/mirror-messages.js";
import type { MirrorMessage, MirrorOptions, MirrorResult } from "../mirror/mirror-options.js";
import { WorkPace } from "../scan/lines/work-pace.js";
import { unlessAborted } from "./calls/linked-signal.js";
import type { Access, PluginCalls } from "./calls/plugin-calls.js";
import { PluginFailure } from "./calls/plugin-error.js";
import {
  notSerializable,
  readArray,
  readOptions,
  readSignal,
  readTimeout,
} from "./host/plugin-arguments.js";
import type { TranscriptIdentity } from "./host/transcript-identity.js";

/** Most messages of one call. */
const MAX_MESSAGES = 65_536;

/** Options of `mirror`: those of `mirrorMessages`, but for how a transcript is opened. */
export type SdkMirrorOptions = Omit<MirrorOptions, "transcript">;

const NAMES = memberNames<SdkMirrorOptions>({
  messages: true,
  scope: true,
  identityOf: true,
  roles: true,
  beforeWrite: true,
  redact: true,
  fingerprintSecret: true,
  signal: true,
  timeoutMs: true,
});

/** @throws LeaflogError for plugins; what a hook throws */
export async function mirror(
  calls: PluginCalls,
  identity: TranscriptIdentity,
  options: unknown,
): Promise<MirrorResult> {
  const { messages, signal: given, timeoutMs, ...rest } = readOptions("options", options, NAMES);
  const list = readArray("messages", messages, MAX_MESSAGES);
  const limits = { signal: readSignal(given), timeoutMs: readTimeout(timeoutMs) };
  const terms = { identity, right: "append", ...limits } as const;
  return calls.run(terms, async (access, signal) => {
    const plan = rest as Omit<SdkMirrorOptions, "messages" | "signal" | "timeoutMs">;
    const hooks = hooksOf(plan, signal);
    const copies = await copiesOf(list);
    const asked = { ...plan, ...hooks, messages: copies, signal, timeoutMs: access.timeLeft() };
    return visible(await mirrorMessages(access.transcript, asked), access);
  });
}

/** The hooks: what they throw is told from what leaflog throws, and the deadline ends the wait for them. */
function hooksOf(
  { identityOf, beforeWrite, redact }: Partial<SdkMirrorOptions>,
  signal: AbortSignal,
): Partial<SdkMirrorOptions> {
  const own = async <T>(work: () => T | Promise<T>): Promise<T> => {
    const answer = (async () => work())().catch((error: unknown) => {
      throw new PluginFailure(error);
    });
    return unlessAborted(signal, answer);
  };
  return {
    ...(typeof identityOf === "function" && {
      identityOf: (message, index) => {
        try {
          return identityOf(message, index);
        } catch (error) {
          throw new PluginFailure(error);
        }
      },
    }),
    ...(typeof beforeWrite === "function" && {
      beforeWrite: (message, context) => own(() => beforeWrite(message, context)),
    }),
    ...(typeof redact === "function" && { redact: (message) => own(() => redact(message)) }),
  };
}

/** The messages as JSON would hold them, so that nothing in them changes or throws any more. */
async function copiesOf(messages: readonly unknown[]): Promise<MirrorMessage[]> {
  const pace = new WorkPace();
  const copies: MirrorMessage[] = [];
  for (const [index, message] of messages.entries()) {
    const json = jsonOf(message, index);
    copies.push((json === undefined ? json : JSON.parse(json)) as MirrorMessage);
    if (pace.isDue(json?.length ?? 0)) await pace.rest();
  }
  return copies;
}

function jsonOf(message: unknown, index: number): string | undefined {
  try {
    return JSON.stringify(message);
  } catch (cause) {
    throw notSerializable(`messages[${index}]`, cause);
  }
}

/** Who may not read learns that a message is there, and not what it says. */
function visible(result: MirrorResult, { rights }: Access): MirrorResult {
  if (rights.has("read")) return result;
  const messages = result.messages.map((mirrored) =>
    mirrored.appended ? mirrored : { ...mirrored, message: undefined },
  );
  return { ...result, messages };
}
