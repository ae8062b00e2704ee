import { randomUUID } from "node:crypto";
import { basename, dirname, join } from "node:path";
import { LeaflogError } from "../errors.js";
import { type FileStat, isSameFile } from "./file-stat.js";
import type { FileSystem, OpenFile } from "./file-system.js";
import { isErrno } from "./is-errno.js";
import { syncNames } from "./sync-names.js";
import { writeWhole } from "./write-whole.js";

const COPY_BYTES = 262_144;
const SUFFIX = ".leaflog-tmp";
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Where the new content of a file goes. */
export interface ReplacementOutput {
  /** Bytes written so far. */
  readonly size: number;
  /**
   * Writes all of `buffer` behind what was written before. One call is one `write(2)`, and a second
   * one where that took a part only.
   *
   * @throws LeaflogError `LEAFLOG_WRITE_FAILED`, also when not all of it could be written
   */
  write(buffer: Buffer): Promise<void>;
}

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
 * the new, never a part. The new file has the old one's permission bits, and its owner where that
 * is allowed. Symlinks must be resolved; the file's other hard links keep the old content.
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
  const replacement = await Replacement.create(fs, file);
  try {
    await replacement.adopt(stat);
    await plan.write(replacement);
    await replacement.seal();
    await plan.confirm();
    if (isUntouched(stat, await fs.stat(file), plan.mayGrow ?? false)) {
      await replacement.install();
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
  if (!isSameFile(then, now)) return false;
  if (then.size === now.size) return then.mtimeNs === now.mtimeNs;
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
    if (!isLeftover(name, basename(file))) continue;
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

function isLeftover(name: string, base: string): boolean {
  return (
    name.startsWith(`${base}.`) &&
    name.endsWith(SUFFIX) &&
    UUID.test(name.slice(base.length + 1, -SUFFIX.length))
  );
}

class Replacement implements ReplacementOutput {
  readonly #fs: FileSystem;
  readonly #file: string;
  readonly #path: string;
  #open: OpenFile | undefined;
  #installed = false;
  #size = 0;

  private constructor(fs: FileSystem, file: string, path: string, open: OpenFile) {
    this.#fs = fs;
    this.#file = file;
    this.#path = path;
    this.#open = open;
  }

  static async create(fs: FileSystem, file: string): Promise<Replacement> {
    const path = `${file}.${randomUUID()}${SUFFIX}`;
    try {
      return new Replacement(fs, file, path, await fs.open(path, "create", 0o600));
    } catch (cause) {
      throw writeFailed(file, "the temporary file beside the transcript cannot be created", cause);
    }
  }

  get size(): number {
    return this.#size;
  }

  async adopt(like: FileStat): Promise<void> {
    await this.#attempt("owner and mode cannot be kept", async (open) => {
      const { uid, gid } = await open.stat();
      if (uid !== like.uid || gid !== like.gid) await keepOwner(open, uid, like);
      // Behind chown, which may clear mode bits.
      await open.chmod(like.mode);
    });
  }

  async write(buffer: Buffer): Promise<void> {
    await this.#attempt("the temporary file cannot be written", async (open) => {
      await writeWhole(open, buffer);
      this.#size += buffer.length;
    });
  }

  async seal(): Promise<void> {
    await this.#attempt("the temporary file cannot be synced", (open) => open.sync());
    await this.#attempt("the temporary file cannot be closed", async (open) => {
      this.#open = undefined;
      await open.close();
    });
  }

  async install(): Promise<void> {
    try {
      await this.#fs.rename(this.#path, this.#file);
      this.#installed = true;
    } catch (cause) {
      throw writeFailed(this.#file, "the new content cannot take the file's place", cause);
    }
    try {
      await syncNames(this.#fs, dirname(this.#file));
    } catch (cause) {
      const message =
        "the file is replaced, but its directory cannot be synced: after a power loss it may have its old content";
      throw writeFailed(this.#file, message, cause);
    }
  }

  /** @param reason the error that led here, if any: it is the one to report */
  async discard(reason?: unknown): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    try {
      await open?.close();
    } catch (cause) {
      if (reason === undefined) throw this.#failed("the temporary file cannot be closed", cause);
    }
    if (this.#installed) return;
    try {
      await this.#fs.unlink(this.#path);
    } catch (cause) {
      if (reason === undefined) throw this.#failed("the temporary file cannot be removed", cause);
    }
  }

  async #attempt(refusal: string, run: (open: OpenFile) => Promise<void>): Promise<void> {
    try {
      await run(this.#open as OpenFile);
    } catch (cause) {
      throw this.#failed(refusal, cause);
    }
  }

  #failed(refusal: string, cause: unknown): LeaflogError {
    return writeFailed(this.#file, `${refusal}; the transcript is as it was`, cause);
  }
}

async function keepOwner(open: OpenFile, uid: number, like: FileStat): Promise<void> {
  try {
    await open.chown(like.uid, like.gid);
  } catch (error) {
    // Only root may give a file away, and only to a group of one's own may one pass it. Whoever
    // could write the transcript may migrate it all the same.
    if (!isErrno(error, "EPERM")) throw error;
    if (uid !== like.uid) await keepOwner(open, uid, { ...like, uid });
  }
}

function writeFailed(file: string, message: string, cause: unknown): LeaflogError {
  return new LeaflogError("LEAFLOG_WRITE_FAILED", message, { file, cause });
}
