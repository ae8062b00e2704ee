import { whole } from "../base/arguments.js";
import { LeaflogError } from "../base/errors.js";
import { isObject } from "../base/json-object.js";
import { memberNames } from "../base/known-members.js";
import type { Entry } from "../entry/entry.js";
import { readBranch } from "../read/branch/read-branch.js";
import type { Access, PluginCalls } from "./calls/plugin-calls.js";
import { readOptions, readSignal } from "./host/plugin-arguments.js";
import type { TranscriptIdentity } from "./host/transcript-identity.js";
import { BudgetSpent, ReadBudget } from "./read-budget.js";
import { unlessUnavailable } from "./transcript-delta.js";

const MAX_ENTRIES = 10_000;
const MAX_BYTES = 64 * 1024 * 1024;

/** Options of `latestAssistantText`. */
export interface AssistantTextOptions {
  /** Most entries of the active branch to look at, 1 to 10,000. @default 200 */
  readonly maxEntries?: number;
  /** Most bytes to read from the file, 1 to 64 MiB. @default 1 MiB */
  readonly maxBytes?: number;
  /** Ends the reading with `LEAFLOG_ABORTED`. */
  readonly signal?: AbortSignal;
}

/** How much was read for an answer. */
export interface ReadingCost {
  readonly entriesRead: number;
  readonly bytesRead: number;
}

/** The newest text of the assistant on the active branch. */
export type LatestAssistantText =
  | (ReadingCost & {
      readonly state: "found";
      /** The message's text; of several text blocks, joined by newlines. */
      readonly text: string;
      readonly id?: string;
      /** ISO 8601. */
      readonly timestamp?: string;
    })
  /** All of the branch was read, and the assistant has said nothing. */
  | (ReadingCost & { readonly state: "none" })
  /** None within `maxEntries` and `maxBytes`. */
  | (ReadingCost & { readonly state: "limit" })
  /** There is no such transcript, or not yet. */
  | { readonly state: "missing" }
  /** It cannot be read just now. */
  | { readonly state: "unavailable"; readonly error: LeaflogError };

const TEXT_MEMBERS = memberNames<AssistantTextOptions>({
  maxEntries: true,
  maxBytes: true,
  signal: true,
});

/** @throws LeaflogError for plugins */
export async function latestAssistantText(
  calls: PluginCalls,
  identity: TranscriptIdentity,
  options: unknown,
): Promise<LatestAssistantText> {
  const given = readOptions("options", options, TEXT_MEMBERS);
  const maxEntries = whole("maxEntries", given.maxEntries as number, 200, 1, MAX_ENTRIES);
  const maxBytes = whole("maxBytes", given.maxBytes as number, 1024 * 1024, 1, MAX_BYTES);
  const terms = { identity, right: "read", signal: readSignal(given.signal) } as const;
  return unlessUnavailable(identity, () =>
    calls.run(terms, (access, signal) => search(access, { maxEntries, maxBytes, signal })),
  );
}

async function search(
  access: Access,
  bounds: { readonly maxEntries: number; readonly maxBytes: number; readonly signal: AbortSignal },
): Promise<LatestAssistantText> {
  const { maxEntries, maxBytes, signal } = bounds;
  const { source } = access;
  const budget = new ReadBudget(source.fileSystem, maxBytes);
  const { fileSystem } = budget;
  const maxEntryBytes = Math.min(source.maxEntryBytes, maxBytes);
  let entriesRead = 0;
  const cost = () => ({ entriesRead, bytesRead: budget.bytesRead });
  try {
    const branch = readBranch({ ...source, fileSystem, maxEntryBytes }, undefined, { signal });
    for await (const { entry } of branch) {
      if (entriesRead === maxEntries) return { state: "limit", ...cost() };
      entriesRead += 1;
      const text = entry && assistantText(entry);
      if (text) return { state: "found", text, ...whoseIs(entry), ...cost() };
    }
  } catch (error) {
    if (!(error instanceof LeaflogError && error.cause instanceof BudgetSpent)) throw error;
    return { state: "limit", ...cost() };
  }
  return budget.opened ? { state: "none", ...cost() } : { state: "missing" };
}

/** The text of an assistant's message; undefined for anything else, empty without text. */
function assistantText({ message }: Entry): string | undefined {
  if (!isObject(message) || message.role !== "assistant") return undefined;
  const { content } = message;
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return undefined;
  const texts = content.map((block: unknown) =>
    isObject(block) && block.type === "text" && typeof block.text === "string" ? block.text : "",
  );
  return texts.filter((text) => text !== "").join("\n");
}

/** By the names of any format. */
function whoseIs(entry: Entry): { readonly id?: string; readonly timestamp?: string } {
  const { timestamp, id = entry.uuid } = entry;
  return {
    ...(typeof id === "string" && { id }),
    ...(typeof timestamp === "string" && { timestamp }),
  };
}
