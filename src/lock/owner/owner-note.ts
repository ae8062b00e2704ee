import { hostname } from "node:os";
import type { LockOwner } from "../../base/errors.js";
import { jsonObject } from "../../base/json-object.js";
import { compareToText, type FileStat, identityText } from "../../file/file-stat.js";
import type { FileSystem, OpenFile } from "../../file/file-system.js";
import { isErrno } from "../../file/is-errno.js";
import { readText } from "../file/lock-text.js";
import { NOTE_AFTER_MS } from "../file/lock-times.js";
import { type HostedProcess, ownProcess } from "./own-process.js";
import { isGoneProcess, isGoneThread, isPid } from "./process-life.js";

/** What stands in a note besides its owner. */
interface Noted extends LockOwner {
  /** Of the lock that it is about. */
  readonly lock: string;
  readonly process?: HostedProcess;
}

/**
 * The file beside a held lock that says who holds it: for the error message of whoever waits in
 * vain, and so that nobody waits for a holder that is gone. The lock does without it, so nothing
 * that goes wrong with it may fail an append: errors end in {@link OwnerNote.trouble}.
 */
export class OwnerNote {
  readonly path: string;
  readonly #fs: FileSystem;
  #writing: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #begin: (() => void) | undefined;
  /** What we wrote, or are about to. */
  #text: string | undefined;
  /** Whether there may be a note to remove. */
  #expected = false;
  #trouble: unknown;

  constructor(fs: FileSystem, path: string) {
    this.#fs = fs;
    this.path = path;
  }

  /** The last error met with the note, for a debugger to look at. */
  get trouble(): unknown {
    return this.#trouble;
  }

  /**
   * To be called when the lock was had: the note is written if it is still held a little later.
   *
   * @param lock - what it is about.
   * @param isOurs - whether the lock still is; asked before a note that is there is replaced.
   */
  begin(lock: FileStat, isOurs: () => Promise<boolean>): void {
    this.#begin = () => {
      this.#stopTimer();
      this.#expected = true;
      this.#writing = this.#harmless(() => this.#write(lock, isOurs));
    };
    this.#timer = setTimeout(this.#begin, NOTE_AFTER_MS).unref();
  }

  /** Others wait: should this process be killed, they are not to wait long. */
  hasten(): void {
    if (this.#timer !== undefined) this.#begin?.();
  }

  /** To be called when the lock was found taken: its holder may leave a note when it dies. */
  expect(): void {
    this.#expected = true;
  }

  /** Removes the note, whoever wrote it. For the holder of the lock alone. */
  async remove(): Promise<void> {
    this.#stopTimer();
    await this.#writing;
    if (!this.#expected) return;
    await this.#harmless(async () => {
      try {
        await this.#fs.unlink(this.path);
      } catch (error) {
        if (!isErrno(error, "ENOENT")) throw error;
      }
      this.#expected = false;
    });
  }

  /** Removes the note if it is ours. For who lost the lock: the note may be the next owner's. */
  async removeOwn(): Promise<void> {
    this.#stopTimer();
    await this.#writing;
    await this.#harmless(async () => {
      if (this.#text === undefined || (await readText(this.#fs, this.path)) !== this.#text) return;
      await this.#fs.unlink(this.path);
    });
  }

  /** {@link remove}, at process exit. */
  removeSync(): void {
    if (!this.#expected) return;
    try {
      this.#fs.unlinkSync(this.path);
    } catch (error) {
      this.#trouble = error;
    }
  }

  #stopTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  async #write(lock: FileStat, isOurs: () => Promise<boolean>): Promise<void> {
    const text = noteText(lock, await ownProcess());
    this.#text = text;
    const note = await this.#create(isOurs);
    if (note === undefined) return;
    try {
      await note.write(Buffer.from(text));
    } finally {
      await note.close();
    }
  }

  async #create(isOurs: () => Promise<boolean>): Promise<OpenFile | undefined> {
    try {
      return await this.#fs.open(this.path, "create", 0o600);
    } catch (error) {
      if (!isErrno(error, "EEXIST")) throw error;
    }
    // Left by a holder that crashed, or made by the next owner while we were stopped.
    if (!(await isOurs())) return undefined;
    await this.#fs.unlink(this.path);
    return this.#fs.open(this.path, "create", 0o600);
  }

  async #harmless(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#trouble = error;
    }
  }
}

function noteText(lock: FileStat, own: HostedProcess | undefined): string {
  return JSON.stringify({
    pid: process.pid,
    host: hostname(),
    // Of the process, not of the lock, whose age its file tells: a pid may be used again.
    startedAt: new Date(performance.timeOrigin).toISOString(),
    lock: identityText(lock),
    ...(own && { process: own }),
  } satisfies Noted);
}

/**
 * Whether a note says of that very lock who has it, and who has it ran on this host, since it was
 * started, and does not run any more. A process that is gone writes nothing any more, nor does a
 * thread: both end when what they had begun to write is written.
 */
export async function isNotedGone(text: string, lock: FileStat): Promise<boolean> {
  const { pid, lock: noted, process: hosted } = jsonObject(text) ?? {};
  if (typeof noted !== "string" || compareToText(noted, lock) !== "same") return false;
  const own = await ownProcess();
  if (own === undefined || !isPid(pid) || !isHosted(hosted) || hosted.host !== own.host) {
    return false;
  }
  if (await isGoneProcess(pid, hosted.startTime)) return true;
  const { thread } = hosted;
  return thread !== undefined && (await isGoneThread(pid, thread.id, thread.startTime));
}

/** Whether the note is about another lock than that. */
export function isNotedOther(text: string, lock: FileStat): boolean {
  const { lock: noted } = jsonObject(text) ?? {};
  return typeof noted === "string" && compareToText(noted, lock) === "another";
}

function isHosted(value: unknown): value is HostedProcess {
  if (typeof value !== "object" || value === null) return false;
  const { host, startTime, thread } = value as Partial<HostedProcess>;
  if (typeof host !== "string" || typeof startTime !== "number") return false;
  return thread === undefined || (isPid(thread?.id) && typeof thread.startTime === "number");
}
