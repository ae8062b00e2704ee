import { randomUUID } from "node:crypto";

/** The version of the format that leaflog writes, and the highest that it migrates to. */
export const HEADER_VERSION = 3;

/** Whether transcripts of that version are linear; undefined for a header that claims none. */
export function isLinearVersion(version: number | undefined): boolean {
  return (version ?? 1) < 2;
}

/** The first line of a transcript. It is not part of the tree. */
export interface Header {
  readonly type: "session";
  /** Absent in version 1. */
  readonly version?: number;
  readonly id: string;
  /** ISO 8601. */
  readonly timestamp?: string;
  readonly cwd?: string;
  readonly [member: string]: unknown;
}

/** A new header's line, with its newline, and its id. */
export interface NewHeader {
  readonly line: string;
  readonly id: string;
}

/**
 * @param cwd working directory to note
 * @param id default a random UUID
 * @param timestamp ISO 8601, default now
 */
export function newHeader(
  cwd: string,
  id: string = randomUUID(),
  timestamp: string = new Date().toISOString(),
): NewHeader {
  const header: Header = { type: "session", version: HEADER_VERSION, id, timestamp, cwd };
  return { line: `${JSON.stringify(header)}\n`, id };
}
