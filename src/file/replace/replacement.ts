import { basename, dirname, join } from "node:path";
import { LeaflogError } from "../../base/errors.js";
import { type FileStat, isSameFile } from "../file-stat.js";
import type { FileSystem, OpenFile } from "../file-system.js";
import { isErrno } from "../is-errno.js";
import { syncNames } from "./sync-names.js";
import { isTemporary, type ReplacementOutput, TemporaryFile } from "./temporary-file.js";

const COPY_BYTES = 262_144;

/** What is replaced, by what. */
export interface ReplacementPlan {
  /** The file, open to read, and what it was when the work began. */
  readonly original: { readonly file: OpenFile; readonly stat: FileStat };
  /** Whether the original may have grown since: the caller carries over what is new. @default false */
  readonly mayGrow?: boolean;
  /** Writes the new content. What it throws ends the replacement. */
  readonly write: (output: ReplacementOutput) => Promise<void>;
  /**
   * Asked when the new content is synced, before it takes the file's place. What it throws drops
   * the new content and leaves the file as it is.
   */
  readonly confirm: () => Promise<void>;
}

/**
 * Replaces a file as a whole: another program, or this one after a crash, finds the old content or
 * the new, never a part. The new file has the old one's rights, see `keepRights`. Symlinks must be
 * resolved; the file's other hard links keep the old content.
 *
 * Nothing is replaced when another program changed the file since `original.stat`. What one
 * appends between that last look and the rename, or later on, is for the caller to carry over.
 *
 * @returns the size of the new file in bytes; undefined when the file was changed meanwhile
 * @throws LeaflogError `LEAFLOG_WRITE_FAILED` with the operating system's error as `cause`; the
 * file is then the old one unless the message says otherwise. Besides, what the plan throws and
 * the operating system's error when the original cannot be looked at.
 */
export async function replaceFile(
  fs: FileSystem,
  file: string,
  plan: ReplacementPlan,
): Promise<number | undefined> {
  const { stat } = plan.original;
  const replacement = await TemporaryFile.create(fs, file);
  try {
    await replacement.adopt(stat);
    await plan.write(replacement);
    await replacement.seal();
    await plan.confirm();
    if (isUntouched(stat, await fs.stat(file), plan.mayGrow ?? false)) {
      await install(fs, file, replacement);
      return replacement.size;
    }
  } catch (error) {
    await replacement.discard(error);
    throw error;
  }
  await replacement.discard();
  return undefined;
}

function isUntouched(then: FileStat, now: FileStat, mayGrow: boolean): boolean {
  if (!isSameFile(then, now) || !hasSameRights(then, now)) return false;
  // The time of the last change tells of an ACL too.
  if (then.size === now.size) return then.mtimeNs === now.mtimeNs && then.ctimeNs === now.ctimeNs;
  return mayGrow && now.size > then.size;
}

/** Copies a range of bytes chunk by chunk. A file that ends before the range ends the copy. */
export async function copyRange(
  source: OpenFile,
  range: { readonly start: number; readonly end: number },
  write: (bytes: Buffer) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  const buffer = Buffer.allocUnsafe(Math.min(COPY_BYTES, range.end - range.start));
  let position = range.start;
  while (position < range.end) {
    signal?.throwIfAborted();
    const wanted = Math.min(buffer.length, range.end - position);
    const read = await source.read(buffer, 0, wanted, position);
    if (read === 0) return;
    await write(buffer.subarray(0, read));
    position += read;
  }
}

/**
 * Removes what replacements of this file left behind when their process died. Only for the holder
 * of the file's lock: to everybody else they may be in use.
 *
 * @throws LeaflogError `LEAFLOG_WRITE_FAILED`
 */
export async function removeLeftovers(fs: FileSystem, file: string): Promise<void> {
  for (const name of await namesBeside(fs, file)) {
    if (!isTemporary(name, basename(file))) continue;
    try {
      await fs.unlink(join(dirname(file), name));
    } catch (cause) {
      // Another user's leftover in a shared directory must not stop the work for ever.
      if (!isErrno(cause, "ENOENT", "EPERM", "EACCES")) {
        throw writeFailed(file, "a leftover temporary file cannot be removed", cause);
      }
    }
  }
}

async function namesBeside(fs: FileSystem, file: string): Promise<string[]> {
  try {
    return await fs.readdir(dirname(file));
  } catch (cause) {
    // A directory may allow to create files and yet not to list them.
    if (isErrno(cause, "EACCES", "EPERM", "ENOENT")) return [];
    throw writeFailed(file, "the directory cannot be searched for leftovers", cause);
  }
}

function hasSameRights(then: FileStat, now: FileStat): boolean {
  return then.mode === now.mode && then.uid === now.uid && then.gid === now.gid;
}

/** @throws LeaflogError `LEAFLOG_WRITE_FAILED` */
async function install(fs: FileSystem, file: string, temporary: TemporaryFile): Promise<void> {
  try {
    await temporary.take(file);
  } catch (cause) {
    throw writeFailed(file, "the new content cannot take the file's place", cause);
  }
  try {
    await syncNames(fs, dirname(file));
  } catch (cause) {
    const message =
      "the file is replaced, but its directory cannot be synced: after a power loss it may have its old content";
    throw writeFailed(file, message, cause);
  }
}

function writeFailed(file: string, message: string, cause: unknown): LeaflogError {
  return new LeaflogError("LEAFLOG_WRITE_FAILED", message, { file, cause });
}
