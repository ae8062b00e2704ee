import { randomUUID } from "node:crypto";

/** The version of the format that leaflog writes, and the highest that it migrates to. */
export const HEADER_VERSION = 3;

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

/** The line of a new header, with its newline. */
export function headerLine(cwd: string, sessionId: string = randomUUID()): string {
  const header: Header = {
    type: "session",
    version: HEADER_VERSION,
    id: sessionId,
    timestamp: new Date().toISOString(),
    cwd,
  };
  return `${JSON.stringify(header)}\n`;
}
