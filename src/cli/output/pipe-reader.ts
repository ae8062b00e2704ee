import { lstat, readdir, readlink } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import { isErrno } from "../../file/is-errno.js";

const STDOUT = "/proc/self/fd/1";
/** Milliseconds between two looks at who reads. */
const LOOK_MS = 500;
/** Processes that are looked at side by side. */
const WIDTH = 8;
const MAY_READ = 0o400;

/**
 * Who reads the pipe that stdout is. A pipe tells its writer that nobody reads it any more when
 * something is written, which may be never: Linux tells who has it open.
 */
export class PipeReader {
  readonly #pipe: string;
  /** Its descriptor, as a path. */
  #reader: string;

  private constructor(pipe: string, reader: string) {
    this.#pipe = pipe;
    this.#reader = reader;
  }

  /** Undefined where stdout is no pipe, or nobody is seen who reads it. */
  static async find(): Promise<PipeReader | undefined> {
    if (process.platform !== "linux") return undefined;
    try {
      const pipe = await readlink(STDOUT);
      // One that has a name in the file system is another's to open and to rename.
      if (!pipe.startsWith("pipe:[")) return undefined;
      const reader = await readerOf(pipe);
      return reader === undefined ? undefined : new PipeReader(pipe, reader);
    } catch (error) {
      if (isHidden(error)) return undefined;
      throw error;
    }
  }

  /** Resolves when the reader that was found is gone, and no other is seen. Keeps no process alive. */
  async gone(): Promise<void> {
    for (;;) {
      await wait(LOOK_MS, undefined, { ref: false });
      if ((await isReading(this.#reader, this.#pipe)) !== false) continue;
      const next = await readerOf(this.#pipe);
      if (next === undefined) return;
      this.#reader = next;
    }
  }
}

/** The nearest processes first: those of a pipeline are started one after the other. */
async function readerOf(pipe: string): Promise<string | undefined> {
  const distance = (pid: string): number => Math.abs(Number(pid) - process.pid);
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  pids.sort((a, b) => distance(b) - distance(a));
  let found: string | undefined;
  const look = async (): Promise<void> => {
    while (found === undefined) {
      const pid = pids.pop();
      if (pid === undefined) return;
      const descriptor = await readingDescriptor(`/proc/${pid}/fd`, pipe);
      found ??= descriptor;
    }
  };
  await Promise.all(Array.from({ length: WIDTH }, look));
  return found;
}

async function readingDescriptor(directory: string, pipe: string): Promise<string | undefined> {
  let names: string[];
  try {
    names = await readdir(directory);
  } catch (error) {
    if (isHidden(error)) return undefined;
    throw error;
  }
  for (const name of names) {
    const descriptor = `${directory}/${name}`;
    if (await isReading(descriptor, pipe)) return descriptor;
  }
  return undefined;
}

/** Undefined where it cannot be told, as when a process has taken another user's rights. */
async function isReading(descriptor: string, pipe: string): Promise<boolean | undefined> {
  try {
    if ((await readlink(descriptor)) !== pipe) return false;
    return ((await lstat(descriptor)).mode & MAY_READ) !== 0;
  } catch (error) {
    if (isErrno(error, "ENOENT", "ESRCH")) return false;
    if (isHidden(error)) return undefined;
    throw error;
  }
}

/** It is another user's, or has ended meanwhile. */
function isHidden(error: unknown): boolean {
  return isErrno(error, "ENOENT", "ESRCH", "EACCES", "EPERM", "ENOTDIR", "EINVAL");
}
