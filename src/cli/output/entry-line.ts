import type { EntryRecord } from "../../entry/entry.js";
import { DEFAULT_FORMAT, type TranscriptFormat } from "../../entry/transcript-format.js";
import { entryFacts } from "./entry-facts.js";
import { excerpt, printable } from "./printable.js";

const TEXT_CHARACTERS = 60;
/** Levels of an entry that are searched for text: JSON may be deeper than the call stack. */
const TEXT_LEVELS = 8;

/** An entry on one line, for people: id, parent, type and how it begins. */
export function entryLine(record: EntryRecord, format: TranscriptFormat = DEFAULT_FORMAT): string {
  const { entry, length } = record;
  const { kind, id, parentId, type } = entryFacts(record, format);
  const parent = kind === "linear" ? "linear" : short(parentId);
  const text = entry ? excerpt(gist(entry), TEXT_CHARACTERS) : `${length} bytes`;
  return `${short(id)} <- ${parent.padEnd(8)}  ${printable(String(type))}  ${text}`.trimEnd();
}

function short(id: string | null | undefined): string {
  return typeof id === "string" ? printable(id).slice(0, 8).padEnd(8) : "-".padEnd(8);
}

/** What an entry says, for its line: the first text in it, or else the tool that it calls. */
export function gist(entry: object): string {
  return firstText(entry) ?? firstCall(entry) ?? "";
}

/** The first `text` or string `content` below an entry, which is where messages carry theirs. */
function firstText(value: unknown, levels = TEXT_LEVELS): string | undefined {
  if (typeof value !== "object" || value === null || levels === 0) return undefined;
  for (const [name, member] of Object.entries(value)) {
    const isText = name === "text" || name === "content" || name === "summary";
    if (isText && typeof member === "string" && member !== "") return member;
    const below = firstText(member, levels - 1);
    if (below !== undefined) return below;
  }
  return undefined;
}

/** The first part of type `toolCall` or `tool_use`, as messages carry them. */
function firstCall(value: unknown, levels = TEXT_LEVELS): string | undefined {
  if (typeof value !== "object" || value === null || levels === 0) return undefined;
  const { type, name } = value as { type?: unknown; name?: unknown };
  const isCall = type === "toolCall" || type === "tool_use" || type === "function_call";
  if (isCall && typeof name === "string") return `→ ${name}`;
  for (const member of Object.values(value)) {
    const below = firstCall(member, levels - 1);
    if (below !== undefined) return below;
  }
  return undefined;
}
