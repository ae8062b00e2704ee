import { constants } from "node:buffer";
import { invalid, whole } from "../base/arguments.js";
import { LeaflogError } from "../base/errors.js";
import { memberNames } from "../base/known-members.js";
import type { EntryRecord } from "../entry/entry.js";
import { decodeCursor, type ResetReason } from "../read/cursor.js";
import type { Page } from "../read/page/read-page.js";
import type { PluginCalls } from "./calls/plugin-calls.js";
import { pluginError } from "./calls/plugin-error.js";
import { readOptions, readSignal } from "./host/plugin-arguments.js";
import type { TranscriptIdentity } from "./host/transcript-identity.js";

const MAX_ENTRIES = 10_000;
/** No longer line comes with its body. */
const MAX_BYTES = constants.MAX_STRING_LENGTH;

/** Options of `readDelta`. */
export interface ReadDeltaOptions {
  /** Of the answer before. @default the start of the transcript */
  readonly cursor?: string;
  /** Most entries, 1 to 10,000. @default 50 */
  readonly maxEntries?: number;
  /** Most bytes of their lines, 1 to about 512 MiB. @default 1 MiB */
  readonly maxBytes?: number;
  /** Ends the reading with `LEAFLOG_ABORTED`. */
  readonly signal?: AbortSignal;
}

/** What is new since a cursor. */
export type TranscriptDelta =
  /** The next entries in the order of the transcript, abandoned branches too. */
  | {
      readonly state: "page";
      readonly entries: readonly EntryRecord[];
      /** Where the next answer begins: keep it when the entries are dealt with. */
      readonly cursor: string;
      /** Whether more entries follow. */
      readonly hasMore: boolean;
      /** The page is empty because its first entry has so many bytes, more than `maxBytes`. */
      readonly requiredBytes?: number;
    }
  /** The transcript is not the one of the cursor any more; `cursor` is the start of the new one. */
  | { readonly state: "reset"; readonly reason: ResetReason; readonly cursor: string }
  /** There is no such transcript, or not yet. The cursor stays good for when it is there. */
  | { readonly state: "missing" }
  /** It cannot be read just now: keep the cursor and try again later. */
  | { readonly state: "unavailable"; readonly error: LeaflogError };

const DELTA_MEMBERS = memberNames<ReadDeltaOptions>({
  cursor: true,
  maxEntries: true,
  maxBytes: true,
  signal: true,
});

/** @throws LeaflogError for plugins */
export async function readDelta(
  calls: PluginCalls,
  identity: TranscriptIdentity,
  options: unknown,
): Promise<TranscriptDelta> {
  const given = readOptions("options", options, DELTA_MEMBERS);
  const { cursor } = given;
  if (cursor !== undefined && typeof cursor !== "string") {
    throw invalid("cursor", cursor, "the cursor of an answer before, or left out");
  }
  const limit = whole("maxEntries", given.maxEntries as number, 50, 1, MAX_ENTRIES);
  const maxBytes = whole("maxBytes", given.maxBytes as number, 1024 * 1024, 1, MAX_BYTES);
  const terms = { identity, right: "read", signal: readSignal(given.signal) } as const;
  return unlessUnavailable(identity, () =>
    calls.run(terms, async ({ transcript }, signal) =>
      deltaOf(
        await transcript.page({ limit, maxBytes, signal, ...(cursor !== undefined && { cursor }) }),
      ),
    ),
  );
}

/** A failure of host or medium becomes an answer; a refusal, an end and bad input still reject. */
export async function unlessUnavailable<T>(
  identity: TranscriptIdentity,
  read: () => Promise<T>,
): Promise<T | { readonly state: "unavailable"; readonly error: LeaflogError }> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof LeaflogError)) throw error;
    if (error.code !== "LEAFLOG_READ_FAILED" && error.code !== "LEAFLOG_HOST_FAILED") throw error;
    return { state: "unavailable", error: pluginError(error, identity) };
  }
}

function deltaOf(page: Page): TranscriptDelta {
  const { entries, before, cursor, hasMore, requiredBytes, reset } = page;
  // A cursor that names no file: there is none.
  if (decodeCursor(cursor)?.identity === "") return { state: "missing" };
  if (reset) return { state: "reset", reason: reset.reason, cursor: before };
  return {
    state: "page",
    entries,
    cursor,
    hasMore,
    ...(requiredBytes !== undefined && { requiredBytes }),
  };
}
