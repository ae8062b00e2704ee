import { jsonObject } from "../base/json-object.js";
import type { FileToRead } from "../file/file-system.js";
import { scanForward } from "../scan/lines/scan-forward.js";
import type { ScanOptions } from "../scan/lines/scanned-line.js";

/** As much of a transcript is searched. */
const SEARCH_BYTES = 1_048_576;
/** Longer lines are passed over. */
const MAX_LINE_BYTES = 65_536;

/** What a transcript's entries tell of the session that they belong to. */
export interface SessionTraces {
  readonly cwd?: string;
  /** ISO 8601: of the first entry that has a time. */
  readonly timestamp?: string;
}

/** Looks at the first entries, for what a header says. */
export async function sessionTraces(
  file: FileToRead,
  size: number,
  scan: ScanOptions,
): Promise<SessionTraces> {
  let cwd: string | undefined;
  let timestamp: string | undefined;
  const to = Math.min(size, SEARCH_BYTES);
  await scanForward(file, { ...scan, from: 0, to }, (line) => {
    const value = line.length > MAX_LINE_BYTES ? undefined : jsonObject(line.text());
    if (value === undefined) return undefined;
    if (cwd === undefined && typeof value.cwd === "string") cwd = value.cwd;
    timestamp ??= timeOf(value);
    return cwd === undefined || timestamp === undefined;
  });
  return { ...(cwd !== undefined && { cwd }), ...(timestamp !== undefined && { timestamp }) };
}

/** Of an entry, or of its message where that alone has a time, in milliseconds. */
function timeOf({ timestamp, message }: Record<string, unknown>): string | undefined {
  const own = isoTime(timestamp);
  if (own !== undefined || typeof message !== "object" || message === null) return own;
  return isoTime((message as Record<string, unknown>).timestamp);
}

function isoTime(value: unknown): string | undefined {
  if (typeof value !== "string" && typeof value !== "number") return undefined;
  const time = new Date(value);
  if (Number.isNaN(time.getTime())) return undefined;
  return typeof value === "string" ? value : time.toISOString();
}
