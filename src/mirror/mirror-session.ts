import { invalid } from "../base/arguments.js";
import type { Transcript } from "../transcript/transcript.js";
import type { TranscriptPath } from "../transcript/transcript-path.js";
import { mirrorMessages } from "./mirror-messages.js";
import type { MirrorOptions, MirrorResult } from "./mirror-options.js";

/** A session that messages may belong to. */
export interface MirrorSession {
  readonly target: Transcript | TranscriptPath;
  /** The chat that it goes on in: a channel and whatever tells the channel's chats apart. */
  readonly chat: string;
  /** Whose it is, where several share the chat. */
  readonly user?: string | undefined;
}

/** Where messages came from. */
export type MirrorOrigin = Pick<MirrorSession, "chat" | "user">;

/**
 * Mirrors messages into the one session that they came from. It never guesses: false, and nothing
 * is touched, when there is no such session or more than one, or the only one is another user's.
 * Where several sessions share a chat, the user has to be named.
 *
 * @throws as {@link mirrorMessages}
 */
export async function mirrorToSession(
  sessions: Iterable<MirrorSession>,
  origin: MirrorOrigin,
  options: MirrorOptions,
): Promise<MirrorResult | false> {
  const session = uniqueSession(sessions, origin);
  return session === undefined ? false : mirrorMessages(session.target, options);
}

/** The one session of an origin; undefined when there is none, or no telling which. */
export function uniqueSession(
  sessions: Iterable<MirrorSession>,
  { chat, user }: MirrorOrigin,
): MirrorSession | undefined {
  if (typeof chat !== "string" || chat === "") throw invalid("chat", chat, "a non-empty string");
  const here = [...sessions].filter((session) => session.chat === chat);
  const [only] = here;
  if (only && here.length === 1) {
    const others = user !== undefined && only.user !== undefined && user !== only.user;
    return others ? undefined : only;
  }
  const own = here.filter((session) => user !== undefined && session.user === user);
  return own.length === 1 ? own[0] : undefined;
}
