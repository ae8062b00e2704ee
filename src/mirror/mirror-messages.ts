import type { StoredEntry } from "../keys/stored-entry.js";
import { WorkPace } from "../scan/lines/work-pace.js";
import {
  appendEach,
  findStored,
  type KeyedAppendOptions,
  type KeyedMessage,
} from "../transcript/keyed-appends.js";
import { openTranscript } from "../transcript/open-transcript.js";
import { Transcript } from "../transcript/transcript.js";
import { accessOf } from "../transcript/transcript-access.js";
import { pathText, type TranscriptPath } from "../transcript/transcript-path.js";
import { CallLimits } from "./call-limits.js";
import { throughHooks } from "./message-hooks.js";
import { saySame } from "./message-identity.js";
import {
  checkMirrorOptions,
  type MirroredMessage,
  type MirrorMessage,
  type MirrorOptions,
  type MirrorResult,
} from "./mirror-options.js";
import {
  blockedMessage,
  messageOf,
  SKIPPED,
  storedMessage,
  writtenMessage,
} from "./mirrored-message.js";
import { type PlannedMessage, planMessages } from "./planned-message.js";

/**
 * Brings messages that were said elsewhere into a transcript, each once however often it comes, in
 * their order, with one write. A message is kept under the key `scope:identity`, and counts as
 * mirrored wherever in the transcript it stands; so does one without an identity of the caller's
 * that stands under the older key `scope:role:index`, made of its place among the mirrored messages,
 * and says the same.
 *
 * The transcript and its directory are made for the first message, a small linear transcript is
 * migrated first; for no message at all nothing is touched. What is stored is looked up before the
 * hooks are asked, and again with the lock held that the write is made under, so that mirrors of
 * any number of processes write each message once. Hooks run without the lock. A crash in the midst
 * of the write leaves the first ones of the messages whole; the next call adds the rest.
 *
 * @param target a handle, which stays open, or a path or `file:` URL
 * @throws LeaflogError as `Transcript.append` and `openTranscript`; what a hook throws. Nothing was
 * written then, unless the error says otherwise.
 */
export async function mirrorMessages(
  target: Transcript | TranscriptPath,
  options: MirrorOptions,
): Promise<MirrorResult> {
  checkMirrorOptions(options);
  const planned = await planMessages(options);
  if (planned.length === 0) return resultOf(options, []);
  if (target instanceof Transcript) return mirrorTo(target, planned, options);
  const transcript = await openTranscript(pathText(target, "target"), options.transcript);
  try {
    return await mirrorTo(transcript, planned, options);
  } finally {
    await transcript.close();
  }
}

/** A message and what became of it. */
type Outcome = readonly [planned: PlannedMessage, mirrored: MirroredMessage];

async function mirrorTo(
  transcript: Transcript,
  planned: readonly PlannedMessage[],
  options: MirrorOptions,
): Promise<MirrorResult> {
  const access = accessOf(transcript);
  const timeoutMs = options.timeoutMs ?? access.options.lock.timeoutMs;
  const limits = new CallLimits(transcript.file, timeoutMs, options.signal);
  const keys = planned.flatMap(({ key, placeKey }) => (placeKey ? [key, placeKey] : [key]));
  const stored = await findStored(transcript, keys, termsOf(limits));
  const outcomes: Outcome[] = [];
  const fresh: PlannedMessage[] = [];
  const entries: KeyedMessage[] = [];
  const pace = new WorkPace();
  for (const item of planned) {
    const known = stored.get(item.key) ?? sameAtPlace(item, item.message, stored);
    if (known) {
      outcomes.push([item, storedMessage(item, known)]);
      continue;
    }
    const message = await throughHooks(item, options, limits);
    const standing = message && sameAtPlace(item, message, stored);
    if (message === null) outcomes.push([item, blockedMessage(item)]);
    else if (standing) outcomes.push([item, storedMessage(item, standing)]);
    else {
      const encoded = access.encodeMessage(message, item.key);
      fresh.push(item);
      entries.push({ key: item.key, encoded });
      if (pace.isDue(encoded.bytes)) await pace.rest();
    }
  }
  for (const [index, each] of (await appendEach(transcript, entries, termsOf(limits))).entries()) {
    const item = fresh[index] as PlannedMessage;
    outcomes.push([item, writtenMessage(item, each)]);
    if (pace.isDue(each.encoded.bytes)) await pace.rest();
  }
  return resultOf(options, outcomes);
}

/** What is left to queue and lock. */
function termsOf({ signal, timeoutMs }: CallLimits): KeyedAppendOptions {
  return { timeoutMs, ...(signal && { signal }) };
}

/** What earlier mirrors wrote of a message: at its place may stand another one, too. */
function sameAtPlace(
  { placeKey }: PlannedMessage,
  message: MirrorMessage,
  stored: ReadonlyMap<string, StoredEntry>,
): StoredEntry | undefined {
  const entry = placeKey === undefined ? undefined : stored.get(placeKey);
  const before = messageOf(entry?.entry);
  return before && saySame(before, message) ? entry : undefined;
}

function resultOf({ messages }: MirrorOptions, outcomes: readonly Outcome[]): MirrorResult {
  const mirrored: MirroredMessage[] = messages.map(() => SKIPPED);
  for (const [{ index }, message] of outcomes) mirrored[index] = message;
  const appended = outcomes.filter(([, message]) => message.appended).length;
  return { messages: mirrored, appended };
}
