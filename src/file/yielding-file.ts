import { compareFiles, type FileStat } from "./file-stat.js";
import type { FileSystem, FileToRead, OpenFile } from "./file-system.js";
import { isErrno } from "./is-errno.js";
import { ensureRegular } from "./regular-file.js";
import { Slots } from "./slots.js";

/** Bytes of the last read by which a file is known again where no time of birth tells. */
const ANCHOR_BYTES = 512;
/** The descriptors that this process reads by. */
const slots = new Slots();
/** Files with a descriptor that nobody reads by right now, the one that rests longest first. */
const resting = new Set<YieldingFile>();
/** How many of them are giving theirs up. */
let yielding = 0;
/** Whether a look at who may give up is under way. */
let looking = false;

/** Another file is where a file was that had given its descriptor up, or none: it is out of reach. */
export class ReplacedError extends Error {
  override readonly name = "ReplacedError";
}

/**
 * A file open to read. Its descriptor is one of a bounded number, and while nobody reads by it, it
 * is given up when another file needs one; the next read then opens the file again. So no number of
 * readers that wait for their caller, or for each other, keeps another from reading.
 */
export class YieldingFile implements FileToRead {
  readonly #fs: FileSystem;
  readonly #path: string;
  readonly #limit: number;
  #file: OpenFile | undefined;
  /** What it was at the first look. */
  #stat: FileStat | undefined;
  /** Some of the bytes that were read last. */
  #anchor: { readonly position: number; readonly bytes: Buffer } | undefined;
  #opening: Promise<OpenFile> | undefined;
  #closing: Promise<void> | undefined;
  /** Operations under way. */
  #uses = 0;

  private constructor(fs: FileSystem, path: string, limit: number) {
    this.#fs = fs;
    this.#path = path;
    this.#limit = limit;
  }

  /**
   * To be looked at (`stat`) at once: until then it keeps its descriptor, for it could not be told
   * from another file.
   *
   * @param limit files that may be open to read in this process when this one is opened
   * @throws the operating system's error, or the signal's reason
   */
  static async open(
    fs: FileSystem,
    path: string,
    limit: number,
    signal?: AbortSignal,
  ): Promise<YieldingFile> {
    const file = new YieldingFile(fs, path, limit);
    file.#file = await file.#open(signal);
    return file;
  }

  read(buffer: Buffer, offset: number, length: number, position: number): Promise<number> {
    return this.#use(async (file) => {
      const read = await file.read(buffer, offset, length, position);
      const kept = Math.min(read, ANCHOR_BYTES);
      const from = read - kept;
      const bytes = buffer.subarray(offset + from, offset + read);
      if (kept > 0) this.#anchor = { position: position + from, bytes: Buffer.from(bytes) };
      return read;
    });
  }

  stat(): Promise<FileStat> {
    return this.#use(async (file) => {
      const stat = await file.stat();
      ensureRegular(stat);
      this.#stat ??= stat;
      return stat;
    });
  }

  /** Nothing may be under way. */
  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    resting.delete(this);
    await this.#closing;
    if (file === undefined) return;
    try {
      await closeInSlot(file);
    } finally {
      yieldDescriptors();
    }
  }

  async #use<T>(run: (file: OpenFile) => Promise<T>): Promise<T> {
    this.#uses += 1;
    resting.delete(this);
    try {
      return await run(this.#file ?? (await this.#openAgain()));
    } finally {
      this.#uses -= 1;
      this.#rest();
    }
  }

  #rest(): void {
    if (this.#uses > 0 || this.#file === undefined || this.#stat === undefined) return;
    resting.add(this);
    if (slots.waiting === 0 || looking) return;
    looking = true;
    // Who reads on at once does so before that.
    setImmediate(() => {
      looking = false;
      yieldDescriptors();
    });
  }

  async #open(signal?: AbortSignal): Promise<OpenFile> {
    if (!slots.tryTake(this.#limit)) {
      const taking = slots.take(this.#limit, signal);
      yieldDescriptors();
      await taking;
    }
    try {
      return await this.#fs.open(this.#path, "read");
    } catch (error) {
      slots.free();
      throw error;
    }
  }

  #openAgain(): Promise<OpenFile> {
    this.#opening ??= this.#openSame().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  async #openSame(): Promise<OpenFile> {
    const file = await this.#open().catch((error: unknown) => {
      throw isErrno(error, "ENOENT") ? this.#replaced(error) : error;
    });
    try {
      if (!(await this.#isSame(file))) throw this.#replaced();
    } catch (error) {
      await closeInSlot(file);
      throw error;
    }
    this.#file = file;
    return file;
  }

  async #isSame(file: OpenFile): Promise<boolean> {
    if (this.#stat === undefined) return true;
    const sameness = compareFiles(this.#stat, await file.stat());
    if (sameness !== "unproven" || this.#anchor === undefined) return sameness !== "another";
    // Its number was given to another, perhaps: what was read last tells.
    const { position, bytes } = this.#anchor;
    const now = Buffer.alloc(bytes.length);
    const read = await file.read(now, 0, now.length, position);
    return read === bytes.length && now.equals(bytes);
  }

  #replaced(cause?: unknown): ReplacedError {
    const now = cause === undefined ? "another file has taken the place of" : "nothing is left of";
    return new ReplacedError(
      `${now} ${this.#path} while it was read, and there were too many readers to keep it open: read it again, or raise maxOpenFiles`,
      { cause },
    );
  }

  /** Of a file that rests. */
  giveUp(): void {
    const file = this.#file;
    this.#file = undefined;
    resting.delete(this);
    if (file === undefined) return;
    yielding += 1;
    const earlier = this.#closing;
    this.#closing = (async () => {
      try {
        await earlier;
        await closeInSlot(file);
      } catch {
        // All that was asked of it has been read, and the descriptor is gone whatever this says.
      } finally {
        yielding -= 1;
        // Who is first in line may go by a limit that is still exceeded.
        yieldDescriptors();
      }
    })();
  }
}

/** As many give their descriptors up as there are files in line for one. */
function yieldDescriptors(): void {
  for (const file of resting) {
    if (slots.waiting <= yielding) return;
    file.giveUp();
  }
}

async function closeInSlot(file: OpenFile): Promise<void> {
  try {
    await file.close();
  } finally {
    slots.free();
  }
}
