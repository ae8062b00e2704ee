import { newHeader } from "../entry/header.js";
import type { OpenFile } from "../file/file-system.js";
import type { Extent } from "../read/verify/verify-report.js";
import { readFully } from "../scan/lines/read-fully.js";
import type { RepairOptions } from "./repair-options.js";
import type { RepairChange } from "./repair-report.js";
import type { SessionTraces } from "./session-traces.js";

/** As much of a cut header is searched for its members. */
const REMAINS_BYTES = 4096;
/** Longer headers are not copied. */
const COPY_BYTES = 65_536;

// Where and when a repair is run says nothing of the session.
const UNKNOWN_CWD = "/";
const UNKNOWN_TIME = "1970-01-01T00:00:00.000Z";

const HEADER_START = '{"type":"session"';
/** Characters by which a header that is cut earlier still is known. */
const LEAST_START = 8;

/** A header's line, with its newline, and what it was made of. */
export interface AddedHeader {
  readonly line: string;
  readonly change: RepairChange & { readonly kind: "header" };
}

/**
 * Makes the header that a transcript lacks: as far as possible the one that it had.
 *
 * @param remains the damage that begins the file, if any
 * @param later the object of a header further down
 * @param traces looks for what the entries tell
 */
export async function makeHeader(
  source: OpenFile,
  remains: Extent | undefined,
  later: Extent | undefined,
  traces: () => Promise<SessionTraces>,
  { cwd, sessionId }: Pick<RepairOptions, "cwd" | "sessionId">,
): Promise<AddedHeader> {
  const old = remains && membersOf(await read(source, remains, REMAINS_BYTES));
  if (old) {
    const found = old.cwd === undefined || old.timestamp === undefined ? await traces() : {};
    const { line } = newHeader(
      old.cwd ?? cwd ?? found.cwd ?? UNKNOWN_CWD,
      old.id,
      old.timestamp ?? found.timestamp ?? UNKNOWN_TIME,
    );
    return { line, change: { kind: "header", from: "remains" } };
  }
  if (later && later.length <= COPY_BYTES) {
    const line = `${await read(source, later, COPY_BYTES)}\n`;
    return { line, change: { kind: "header", from: "later-header" } };
  }
  const found = await traces();
  const timestamp = found.timestamp ?? UNKNOWN_TIME;
  const { line } = newHeader(cwd ?? found.cwd ?? UNKNOWN_CWD, sessionId, timestamp);
  return { line, change: { kind: "header", from: "new" } };
}

/** Whether what is left of the first line is the beginning of a header, however little. */
export async function beginsHeader(
  source: OpenFile,
  remains: Extent | undefined,
): Promise<boolean> {
  if (remains === undefined) return false;
  const text = (await read(source, remains, REMAINS_BYTES)).trimStart();
  const isPart = text.length >= LEAST_START && HEADER_START.startsWith(text);
  return isPart || text.startsWith(HEADER_START);
}

async function read(source: OpenFile, extent: Extent, maxBytes: number): Promise<string> {
  const bytes = Buffer.alloc(Math.min(extent.length, maxBytes));
  const length = await readFully(source, bytes, 0, bytes.length, extent.offset);
  return bytes.toString("utf8", 0, length);
}

/** What can be read of a header that is cut; undefined when its id is lost, or it was none. */
function membersOf(text: string): { id: string; cwd?: string; timestamp?: string } | undefined {
  if (!/^\s*\{\s*"type"\s*:\s*"session"\s*,/.test(text)) return undefined;
  const id = memberOf(text, "id");
  if (!id) return undefined;
  const cwd = memberOf(text, "cwd");
  const timestamp = memberOf(text, "timestamp");
  return { id, ...(cwd && { cwd }), ...(timestamp && { timestamp }) };
}

function memberOf(text: string, name: string): string | undefined {
  const string = String.raw`"(?:[^"\\\x00-\x1f]|\\["\\/bfnrt])*"`;
  const value = new RegExp(String.raw`[{,]\s*"${name}"\s*:\s*(${string})`).exec(text)?.[1];
  return value === undefined ? undefined : (JSON.parse(value) as string);
}
