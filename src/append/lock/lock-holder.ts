import type { LockOwner } from "../../errors.js";
import type { FileSystem } from "../../file/file-system.js";
import { look, mtimeMs } from "./lock-look.js";
import { readText } from "./lock-text.js";

/** What can be told about whoever has a lock. For people to read. */
export interface LockHolder {
  /** Milliseconds since the lock was made or refreshed, by our clock; not there when it is free. */
  readonly ageMs?: number;
  /** As noted by the holder, which may have crashed since; not there when it noted nothing. */
  readonly owner?: LockOwner;
  /** Whether a file has the lock's name: another program's lock, which only that one removes. */
  readonly isFile: boolean;
}

/**
 * Describes who has the lock at `path`, whose owner may have left a note at `notePath`.
 *
 * Never rejects: this feeds an error message that must not be lost to a second error, and says
 * less when something cannot be read.
 */
export async function describeLockHolder(
  fs: FileSystem,
  path: string,
  notePath: string,
): Promise<LockHolder> {
  const stat = await orNothing(() => look(fs, path));
  if (stat === undefined) return { isFile: false };
  const isFile = stat.kind !== "directory";
  const text = await orNothing(() => readText(fs, isFile ? path : notePath));
  const owner = text === undefined ? undefined : await orNothing(async () => ownerOf(text));
  const ageMs = Math.max(0, Date.now() - mtimeMs(stat));
  return owner === undefined ? { ageMs, isFile } : { ageMs, owner, isFile };
}

function ownerOf(text: string): LockOwner | undefined {
  const value: unknown = JSON.parse(text);
  if (typeof value !== "object" || value === null) return undefined;
  const { pid, host, startedAt, createdAt } = value as Record<string, unknown>;
  // `createdAt` is OpenClaw's word, whose lock is a file with this in it.
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
    return undefined;
  }
}
