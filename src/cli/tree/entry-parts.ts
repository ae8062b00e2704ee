import { isObject } from "../../base/json-object.js";
import type { Entry, EntryRecord } from "../../entry/entry.js";

/** A piece of what an entry says. */
export interface EntryPart {
  readonly kind: "text" | "thinking" | "call" | "output" | "image" | "data";
  readonly text: string;
  /** Of the tool. */
  readonly name?: string;
}

type Members = Readonly<Record<string, unknown>>;

/** What an entry says, for people, in the formats that leaflog knows; all of it where it is unknown. */
export function entryParts({ entry, length }: EntryRecord): EntryPart[] {
  if (entry === undefined) return [{ kind: "image", text: `${length} bytes, not read` }];
  const parts = partsOf(entry);
  return parts.length > 0 ? parts : [dataPart(entry)];
}

function partsOf(entry: Entry): EntryPart[] {
  const { message, payload, summary, content } = entry;
  if (isObject(message)) return messageParts(message);
  if (isObject(payload)) return payloadParts(payload);
  if (typeof summary === "string") return [{ kind: "text", text: summary }];
  if (content !== undefined) return contentParts(content, "text");
  return [];
}

function messageParts(message: Members): EntryPart[] {
  const { role, toolName, content, errorMessage, command, output } = message;
  const isResult = role === "toolResult" || role === "tool";
  const parts = contentParts(content, isResult ? "output" : "text", named(toolName));
  if (typeof command === "string") parts.push({ kind: "call", text: command });
  if (typeof output === "string") parts.push({ kind: "output", text: output });
  if (typeof errorMessage === "string") parts.push({ kind: "text", text: errorMessage });
  return parts;
}

/** Codex: items of a response, and events. */
function payloadParts(payload: Members): EntryPart[] {
  const { type, content, name, output, summary } = payload;
  if (type === "message") return contentParts(content, "text");
  if (type === "reasoning") return contentParts(summary, "thinking");
  if (type === "function_call" || type === "custom_tool_call") {
    return [{ kind: "call", text: textOf(payload.arguments ?? payload.input), ...named(name) }];
  }
  return output === undefined ? [] : [{ kind: "output", text: textOf(output) }];
}

function contentParts(
  content: unknown,
  kind: "text" | "output" | "thinking",
  name: { readonly name?: string } = {},
): EntryPart[] {
  if (typeof content === "string") return content === "" ? [] : [{ kind, text: content, ...name }];
  if (!Array.isArray(content)) return [];
  return content.flatMap((part: unknown) => contentPart(part, kind, name));
}

function contentPart(
  part: unknown,
  kind: "text" | "output" | "thinking",
  name: { readonly name?: string },
): EntryPart[] {
  if (typeof part !== "object" || part === null) return contentParts(part, kind, name);
  const members = part as Readonly<Record<string, unknown>>;
  const { type, text, thinking } = members;
  switch (type) {
    case "thinking":
    case "reasoning":
      return [{ kind: "thinking", text: textOf(thinking ?? text) }];
    case "toolCall":
    case "tool_use":
      return [
        { kind: "call", text: textOf(members.arguments ?? members.input), ...named(members.name) },
      ];
    case "tool_result":
      return contentParts(members.content, "output");
    case "image":
    case "input_image":
      return [{ kind: "image", text: imageText(members) }];
    default:
      return typeof text === "string" ? [{ kind, text, ...name }] : [dataPart(members)];
  }
}

function imageText({ data, mimeType, source }: Members): string {
  const { media_type: type = mimeType, data: bytes = data } = isObject(source) ? source : {};
  const size = typeof bytes === "string" ? `, ${bytes.length} characters of base64` : "";
  return `image ${typeof type === "string" ? type : ""}${size}`;
}

function named(name: unknown): { readonly name?: string } {
  return typeof name === "string" && name !== "" ? { name } : {};
}

function dataPart(value: unknown): EntryPart {
  return { kind: "data", text: textOf(value) };
}

function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  try {
    return JSON.stringify(value, undefined, 2) ?? "";
  } catch {
    // Deeper than the call stack, which JSON.parse alone does not mind.
    return "nested too deeply to be shown";
  }
}
