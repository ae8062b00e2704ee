import { createHash } from "node:crypto";
import { compareToText, type FileStat, identityText } from "../file/file-stat.js";
import type { FileToRead } from "../file/file-system.js";
import { classifyLine } from "../scan/lines/line-classifier.js";
import { readFully } from "../scan/lines/read-fully.js";

/** Bytes hashed at the start of the file, where its header stands. */
const HEAD_BYTES = 512;
/** Bytes hashed before the position. */
const ANCHOR_BYTES = 4096;
const NEWLINE = 0x0a;
const HASH_CHARACTERS = 22;
const VERSION = 1;

/**
 * Why a reader began anew:
 * - `replaced`: another file has taken the name;
 * - `truncated`: the file ends before the cursor, or is gone;
 * - `rewritten`: it is long enough, but what stands before the cursor is not what stood there;
 * - `invalid-cursor`: the string is no cursor of this version of leaflog.
 */
export type ResetReason = "replaced" | "truncated" | "rewritten" | "invalid-cursor";

/** That the transcript is not what it was, and that reading began anew. */
export interface Reset {
  readonly reason: ResetReason;
}

/** A position in a file, and by what to tell that the bytes before it are still the same. */
export interface Cursor {
  /** Bytes from the start of the file; between two lines, or behind a last line without newline. */
  readonly offset: number;
  /** As {@link identityText} has it; empty where there was no file. */
  readonly identity: string;
  /** Of the first 512 bytes and of the 4,096 before the position, a note at the start excepted. */
  readonly hash: string;
}

/** The position before anything, in a file that is not there. */
export const NOWHERE: Cursor = { offset: 0, identity: "", hash: "" };

export async function cursorAt(file: FileToRead, stat: FileStat, offset: number): Promise<Cursor> {
  return { offset, identity: identityText(stat), hash: await hashBefore(file, offset) };
}

/** Why the cursor is no position in the file any more; undefined while it is one. */
export async function brokenBy(
  cursor: Cursor,
  file: FileToRead,
  stat: FileStat,
): Promise<ResetReason | undefined> {
  if (cursor.offset === 0 && cursor.identity === "") return undefined;
  // Where birth does not tell, what stands before the position does.
  if (compareToText(cursor.identity, stat) === "another") return "replaced";
  if (cursor.offset > stat.size) return "truncated";
  return cursor.hash === (await hashBefore(file, cursor.offset)) ? undefined : "rewritten";
}

/** An opaque string that survives a restart. */
export function encodeCursor({ offset, identity, hash }: Cursor): string {
  return Buffer.from(JSON.stringify([VERSION, offset, identity, hash])).toString("base64url");
}

/** Undefined for anything that {@link encodeCursor} did not make. */
export function decodeCursor(text: string): Cursor | undefined {
  const fields = parse(Buffer.from(text, "base64url").toString("utf8"));
  if (!Array.isArray(fields) || fields.length !== 4) return undefined;
  const [version, offset, identity, hash] = fields as unknown[];
  if (version !== VERSION || typeof identity !== "string" || typeof hash !== "string") {
    return undefined;
  }
  if (!Number.isSafeInteger(offset) || (offset as number) < 0) return undefined;
  return { offset: offset as number, identity, hash };
}

async function hashBefore(file: FileToRead, offset: number): Promise<string> {
  const head = Math.min(HEAD_BYTES, offset);
  const anchor = Math.min(ANCHOR_BYTES, offset);
  const bytes = Buffer.alloc(head + anchor);
  await readFully(file, bytes, 0, head, 0);
  await readFully(file, bytes, head, head + anchor, offset - anchor);
  const note = noteEnd(bytes.subarray(0, head));
  bytes.fill(0, 0, note);
  bytes.fill(0, head, head + Math.max(0, note - (offset - anchor)));
  return createHash("sha256").update(bytes).digest("base64url").slice(0, HASH_CHARACTERS);
}

/** Where a note ends that begins the file: its owner rewrites it in place. 0 without one. */
function noteEnd(head: Buffer): number {
  const end = head.indexOf(NEWLINE) + 1;
  return end > 0 && classifyLine(head, 0, end - 1).note ? end : 0;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not ours; the caller says so to its own.
    return undefined;
  }
}
