import type { EntryRecord } from "../entry/entry.js";
import { printable } from "./printable.js";

const TEXT_CHARACTERS = 60;
/** Levels of an entry that are searched for text: JSON may be deeper than the call stack. */
const TEXT_LEVELS = 8;

/** An entry on one line, for people: id, parent, type and how it begins. */
export function entryLine(record: EntryRecord): string {
  const { entry, oversized, length } = record;
  const { id, parentId, type } = entry ?? oversized ?? {};
  const parent = parentId === undefined ? "linear" : short(parentId);
  const text = entry ? textOf(entry) : `${length} bytes`;
  return `${short(id)} <- ${parent.padEnd(8)}  ${printable(String(type))}  ${text}`.trimEnd();
}

function short(id: unknown): string {
  return typeof id === "string" ? printable(id).slice(0, 8).padEnd(8) : "-".padEnd(8);
}

function textOf(entry: object): string {
  const text = printable(firstText(entry) ?? "");
  return text.length > TEXT_CHARACTERS ? `${text.slice(0, TEXT_CHARACTERS - 1)}…` : text;
}

/** The first `text` or string `content` below an entry, which is where messages carry theirs. */
function firstText(value: unknown, levels = TEXT_LEVELS): string | undefined {
  if (typeof value !== "object" || value === null || levels === 0) return undefined;
  for (const [name, member] of Object.entries(value)) {
    if ((name === "text" || name === "content") && typeof member === "string") return member;
    const below = firstText(member, levels - 1);
    if (below !== undefined) return below;
  }
  return undefined;
}
