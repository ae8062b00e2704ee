import { hostname } from "node:os";
import type { LockOwner } from "../../base/errors.js";
import { jsonObject } from "../../base/json-object.js";
import type { FileStat } from "../../file/file-stat.js";
import type { FileSystem } from "../../file/file-system.js";
import { look, mtimeMs } from "../file/lock-look.js";
import type { LockNames } from "../file/lock-names.js";
import { readText } from "../file/lock-text.js";
import { lockPayload } from "./lock-payload.js";
import { isNotedGone, isNotedOther } from "./owner-note.js";
import { isGoneProcess, isPid } from "./process-life.js";

/** What can be told about whoever has a lock. For people to read. */
export interface LockHolder {
  /** Milliseconds since the lock was made or refreshed, by our clock; not there when it is free. */
  readonly ageMs?: number;
  /** As noted by the holder; not there when it noted nothing. */
  readonly owner?: LockOwner;
  /** Whether the owner is a process of this host, or a thread of one, that runs no more. */
  readonly isGone: boolean;
  /**
   * - `leaflog`: an empty file;
   * - `process`: another program's, which is its for as long as the process lives that it names;
   * - `other`: another program's, which shows by signs of life whether it is its still;
   * - `none`: nothing that a program makes to lock.
   */
  readonly kind: "leaflog" | "process" | "other" | "none";
}

/**
 * Describes who has the lock.
 *
 * Never rejects: this feeds an error message that must not be lost to a second error, and says
 * less when something cannot be read.
 */
export async function describeLockHolder(fs: FileSystem, names: LockNames): Promise<LockHolder> {
  const stat = await orNothing(() => look(fs, names.lock));
  if (stat === undefined) return { kind: "none", isGone: false };
  const ageMs = Math.max(0, Date.now() - mtimeMs(stat));
  const isEmpty = stat.kind === "directory" || (stat.kind === "file" && stat.size === 0);
  const path = isEmpty ? names.note : names.lock;
  const text = stat.kind === "other" ? undefined : await orNothing(() => readText(fs, path));
  const kind = kindOf(stat, text);
  if (text === undefined || (isEmpty && isNotedOther(text, stat))) {
    return { ageMs, kind, isGone: false };
  }
  const owner = ownerOf(text);
  const isGone = (await orNothing(() => isGoneOwner(text, stat, kind))) ?? false;
  return { ageMs, kind, isGone, ...(owner && { owner }) };
}

function kindOf(stat: FileStat, text: string | undefined): LockHolder["kind"] {
  if (stat.kind === "other") return "none";
  if (stat.kind === "directory") return "other";
  if (stat.size === 0) return "leaflog";
  return text !== undefined && lockPayload(text) ? "process" : "other";
}

async function isGoneOwner(
  text: string,
  stat: FileStat,
  kind: LockHolder["kind"],
): Promise<boolean> {
  const payload = kind === "process" ? lockPayload(text) : undefined;
  if (payload) return isGoneProcess(payload.pid, payload.startTime);
  if (await isNotedGone(text, stat)) return true;
  // Where the system tells no more, a pid is good enough for a message.
  const { pid, host } = jsonObject(text) ?? {};
  return isPid(pid) && host === hostname() && isGoneProcess(pid);
}

function ownerOf(text: string): LockOwner | undefined {
  const { pid, host, startedAt, createdAt } = jsonObject(text) ?? {};
  // `createdAt` is OpenClaw's word.
  const since = startedAt ?? createdAt;
  const owner: LockOwner = {
    ...(typeof pid === "number" && { pid }),
    ...(typeof host === "string" && { host }),
    ...(typeof since === "string" && { startedAt: since }),
  };
  return Object.keys(owner).length > 0 ? owner : undefined;
}

async function orNothing<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch {
    // It is for a message alone: what cannot be told is left out of it.
    return undefined;
  }
}
