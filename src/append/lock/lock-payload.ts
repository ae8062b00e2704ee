import { isPid } from "./process-life.js";

/**
 * What OpenClaw writes into its lock, a file of the same name as ours: `{ pid, createdAt,
 * starttime?, maxHoldMs? }`. It is never refreshed, and held for as long as a run lasts.
 */
export interface LockPayload {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat. */
  readonly startTime?: number;
}

/** Undefined for anything else. */
export function lockPayload(text: string): LockPayload | undefined {
  const { pid, starttime } = members(text);
  if (!isPid(pid)) return undefined;
  return typeof starttime === "number" && Number.isInteger(starttime)
    ? { pid, startTime: starttime }
    : { pid };
}

/** The members of an object; none of anything else. */
export function members(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    // Half written, or another program's.
    return {};
  }
}
