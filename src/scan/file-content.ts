import type { FileToRead } from "../file/file-system.js";
import { joinedRecords } from "./joined-records.js";
import { readFully } from "./read-fully.js";

/** Bytes at the start of a file by which it is told. */
const START_BYTES = 65_536;
/** Bytes of which every second one is NUL where text is UTF-16. */
const UTF16_BYTES = 64;

/**
 * What a file is:
 * - `transcript`: lines of a dialect that leaflog knows, damaged or not; also what is empty, or
 *   shows nothing;
 * - `list`: a JSON list of its entries; `spread`: its entries, each over several lines;
 * - `other`: JSON lines, or a list, of no such dialect;
 * - `utf-16`, `gzip`, `zstd`: by the first bytes.
 */
export type FileContent = "transcript" | "list" | "spread" | "other" | "utf-16" | "gzip" | "zstd";

/** Contents of which nothing can be read as they are. */
export function isUnreadable(content: FileContent): boolean {
  return content === "utf-16" || content === "gzip" || content === "zstd" || content === "other";
}

/**
 * @param named whether the caller says what dialect it is: then it is not `other`
 * @throws the error of a failed read
 */
export async function findContent(
  file: FileToRead,
  size: number,
  named: boolean,
): Promise<FileContent> {
  const buffer = Buffer.allocUnsafe(Math.min(size, START_BYTES));
  const bytes = buffer.subarray(0, await readFully(file, buffer, 0, buffer.length, 0));
  const packed = byFirstBytes(bytes);
  if (packed !== undefined) return packed;
  const { objects, shape } = objectsIn(bytes);
  if (!named && objects.length > 0 && !objects.some(isKnown)) return "other";
  return shape;
}

function byFirstBytes(bytes: Buffer): FileContent | undefined {
  const start = bytes.subarray(0, 4).toString("hex");
  if (start.startsWith("fffe") || start.startsWith("feff")) return "utf-16";
  if (start.startsWith("1f8b")) return "gzip";
  if (start === "28b52ffd") return "zstd";
  const text = bytes.subarray(0, Math.min(UTF16_BYTES, bytes.length - (bytes.length % 2)));
  if (text.length < 4) return undefined;
  const isAt = (parity: number): boolean =>
    text.every((byte, at) => (byte === 0) === (at % 2 === parity));
  return isAt(0) || isAt(1) ? "utf-16" : undefined;
}

/** The objects that the start of a file holds, on lines of their own or otherwise. */
function objectsIn(bytes: Buffer): { readonly objects: object[]; readonly shape: FileContent } {
  const objects: object[] = [];
  for (const line of bytes
    .toString("utf8")
    .replace(/^\ufeff/, "")
    .split("\n")) {
    // Those of a record over several lines are parts of it.
    const value = /^\s*\{.*"type"|^\s*\{.*\}\s*$/.test(line) ? parsed(line) : undefined;
    if (isObject(value)) objects.push(value);
  }
  const isList = bytes.find((byte) => !SPACE.includes(byte)) === OPEN_BRACKET;
  const records = isList || objects.length === 0 ? joinedRecords(bytes) : [];
  if (records.length === 0) return { objects, shape: "transcript" };
  objects.push(...records.map((text) => JSON.parse(text.toString("utf8")) as object));
  return { objects, shape: isList ? "list" : "spread" };
}

const OPEN_BRACKET = 0x5b;
/** White space, and the bytes of a BOM. */
const SPACE: Buffer = Buffer.from([0x20, 0x09, 0x0d, 0x0a, 0xef, 0xbb, 0xbf]);

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // What is damaged shows nothing.
    return undefined;
  }
}

const PI_TYPES: ReadonlySet<unknown> = new Set([
  ...["session", "model_change", "thinking_level_change", "compaction", "branch_summary"],
  ...["custom", "custom_message", "label", "session_info", "leaf"],
]);
const CODEX_TYPES: ReadonlySet<unknown> = new Set([
  ...["session_meta", "response_item", "event_msg", "turn_context", "compacted"],
]);

/** Whether an object is one of a dialect that leaflog knows. */
function isKnown(value: object): boolean {
  const { type, message, payload, id } = value as Record<string, unknown>;
  if (PI_TYPES.has(type) || "parentUuid" in value) return true;
  if (type === "message")
    return isObject(message) || (typeof id === "string" && "parentId" in value);
  if (CODEX_TYPES.has(type)) return isObject(payload);
  return (
    id === undefined && ("sessionId" in value || "leafUuid" in value || "isSnapshotUpdate" in value)
  );
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
