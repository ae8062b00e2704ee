import { isObject } from "../../base/json-object.js";
import type { Entry, EntryRecord } from "../../entry/entry.js";
import { memberAt } from "../../entry/member-at.js";
import { entryLinks, type TranscriptFormat } from "../../entry/transcript-format.js";
import type { BatchMark, LineFacts } from "../../scan/lines/line-facts.js";

/** What a line's classifier would find at the top level of an entry, as far as it is needed here. */
export function entryFacts({ entry, oversized }: EntryRecord, format: TranscriptFormat): LineFacts {
  const { id, parentId } = entry === undefined ? (oversized ?? {}) : entryLinks(entry, format);
  const found: Entry = entry ?? oversized ?? {};
  const { type, batch, targetId } = found;
  const mark = format.parentId === undefined ? undefined : batchMark(batch);
  const logical = memberOf(found, format.logicalParentId);
  const kept =
    format.logicalParentId === undefined ? undefined : memberAt(found, format.firstKept ?? []);
  const links = {
    ...(typeof type === "string" && { type }),
    ...(id !== undefined && { id }),
    ...(parentId !== undefined && { parentId }),
    ...((typeof targetId === "string" || targetId === null) && { targetId }),
    ...(typeof logical === "string" && { logicalParentId: logical }),
    ...(typeof kept === "string" && { keptId: kept }),
    ...(memberOf(found, format.aside) === true && { aside: true as const }),
    ...(mark && { batch: mark }),
  };
  const parentName = entry === undefined ? "parentId" : format.parentId;
  if (parentName === undefined || !Object.hasOwn(found, parentName)) {
    const isNote = id === undefined && format.notes?.includes(String(type));
    return { kind: isNote ? "unlinked" : format.withoutParent, ...links };
  }
  return { kind: id !== undefined && parentId !== undefined ? "linked" : "unlinked", ...links };
}

/** What an entry is for people: the role of a message, else its type. */
export function entryLabel({ entry, oversized }: EntryRecord): string {
  const type = entry?.type ?? oversized?.type;
  return roleOf(entry) ?? (typeof type === "string" && type !== "" ? type : "(none)");
}

/** The role of a message; `toolResult` for results that are in a user's name. */
export function roleOf(entry: Entry | undefined): string | undefined {
  const { message, payload } = entry ?? {};
  if (isObject(message)) {
    const { role, content } = message;
    if (role === "user" && isToolResult(content)) return "toolResult";
    return typeof role === "string" && role !== "" ? role : undefined;
  }
  if (!isObject(payload)) return undefined;
  const { role, type } = payload;
  if (type === "function_call_output" || type === "custom_tool_call_output") return "toolResult";
  const name = role ?? type;
  return typeof name === "string" && name !== "" ? name : undefined;
}

function isToolResult(content: unknown): boolean {
  return Array.isArray(content) && isObject(content[0]) && content[0].type === "tool_result";
}

/** Whether what comes before an entry is summed up by it. */
export function isCompaction({ entry, oversized }: EntryRecord): boolean {
  const type = entry?.type ?? oversized?.type;
  return type === "compaction" || type === "compacted" || entry?.subtype === "compact_boundary";
}

function batchMark(batch: unknown): BatchMark | undefined {
  if (!isObject(batch)) return undefined;
  const { index, size } = batch;
  if (!Number.isInteger(index) || !Number.isInteger(size)) return undefined;
  const mark = { index: index as number, size: size as number };
  return mark.size >= 2 && mark.index >= 0 && mark.index < mark.size ? mark : undefined;
}

function memberOf(found: Entry, name: string | undefined): unknown {
  return name === undefined ? undefined : found[name];
}
