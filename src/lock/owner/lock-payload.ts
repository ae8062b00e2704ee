import { jsonObject } from "../../base/json-object.js";
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
  const { pid, starttime } = jsonObject(text) ?? {};
  if (!isPid(pid)) return undefined;
  return typeof starttime === "number" && Number.isInteger(starttime)
    ? { pid, startTime: starttime }
    : { pid };
}
