import { LeaflogError } from "../base/errors.js";
import type { TranscriptFormat } from "../entry/transcript-format.js";
import { cutBack } from "../file/cut-back.js";
import type { FileStat } from "../file/file-stat.js";
import type { FileSystem, OpenFile } from "../file/file-system.js";
import { isErrno } from "../file/is-errno.js";
import { copyRange } from "../file/replace/replacement.js";
import { writeWhole } from "../file/replace/write-whole.js";
import { readFully } from "../scan/lines/read-fully.js";
import { scanBackward } from "../scan/lines/scan-backward.js";
import { nextPiece } from "./late-piece.js";
import { writersOrUnknown } from "./writers-or-unknown.js";

const NEWLINE = Buffer.from("\n");
/** A longer piece of a line is written in several. */
const MAX_REST_BYTES = 1_048_576;

/**
 * The file that a transcript was before a rewrite. Who had it open goes on writing to it: such late
 * lines are carried over, in their order, each once.
 */
export class ReplacedFile {
  readonly #fs: FileSystem;
  readonly #path: string;
  readonly #source: OpenFile;
  readonly #stat: FileStat;
  /** Where the first line begins that was not carried over. */
  #from: number;
  /** All before is in the transcript, if perhaps as a piece of a line. */
  #done: number;
  /** Bytes that the file had at the last look. */
  #seen: number;

  private constructor(
    fs: FileSystem,
    path: string,
    source: OpenFile,
    stat: FileStat,
    from: number,
  ) {
    this.#fs = fs;
    this.#path = path;
    this.#source = source;
    this.#stat = stat;
    this.#from = from;
    this.#done = stat.size;
    this.#seen = stat.size;
  }

  /**
   * Of a file that is about to be replaced; undefined when it has been cut meanwhile.
   *
   * @param stat its size is up to where the rewrite takes it over. A line that is cut there is taken
   * over as it is, and should it become whole it is carried over whole.
   * @throws the error of a failed read
   */
  static async of(
    fs: FileSystem,
    path: string,
    { source, stat, format }: { source: OpenFile; stat: FileStat; format: TranscriptFormat },
  ): Promise<ReplacedFile | undefined> {
    const { size } = stat;
    let from = size;
    try {
      await scanBackward(source, { to: size, format }, (line) => {
        if (!line.terminated && line.facts().kind === "malformed") from = line.offset;
        return false;
      });
    } catch (error) {
      if ((await source.stat()).size < size) return undefined;
      throw error;
    }
    return new ReplacedFile(fs, path, source, stat, from);
  }

  /** Where it is known which processes have it open for writing: these; undefined otherwise. */
  async writers(): Promise<readonly number[] | undefined> {
    return writersOrUnknown(this.#fs, this.#path, this.#stat);
  }

  /** Whether anything was written to it since the last look; at the end a piece of a line counts. */
  async hasMore(isLast: boolean): Promise<boolean> {
    const { size } = await this.#attempt(() => this.#source.stat());
    return size !== this.#seen || (isLast && size > this.#done);
  }

  /**
   * Appends late lines to the transcript. What is no whole line waits, and is ended at the last.
   *
   * @param confirm asked before each write; what it throws ends it, and nothing is written any more
   * @returns how many bytes of late lines that were
   * @throws LeaflogError `LEAFLOG_WRITE_FAILED`: what was not carried over will be, at the next call
   */
  async carryOver(confirm: () => Promise<void>, isLast: boolean): Promise<number> {
    if (!(await this.hasMore(isLast))) return 0;
    return this.#attempt(async () => {
      const { size } = await this.#source.stat();
      if (size < this.#done) this.#restart(size);
      await this.#passNewline(size);
      const target = await this.#openTarget();
      // Who removed the transcript did away with what it would have become.
      if (target === undefined) {
        this.#restart(size);
        return 0;
      }
      try {
        const carried = await this.#carry(target, size, confirm, isLast);
        this.#seen = size;
        if (carried > 0) await target.datasync();
        return carried;
      } finally {
        await target.close();
      }
    });
  }

  /** @throws LeaflogError `LEAFLOG_READ_FAILED`; the descriptor is gone all the same */
  async close(): Promise<void> {
    try {
      await this.#source.close();
    } catch (cause) {
      throw new LeaflogError(
        "LEAFLOG_READ_FAILED",
        "the file that a rewrite replaced was closed with an error; nothing is lost by that",
        { file: this.#path, cause },
      );
    }
  }

  async #carry(
    target: OpenFile,
    size: number,
    confirm: () => Promise<void>,
    isLast: boolean,
  ): Promise<number> {
    let carried = 0;
    while (this.#from < size) {
      const piece = await nextPiece(this.#source, this.#from, size);
      if (piece === undefined) break;
      await confirm();
      await this.#write(target, piece.end, piece.bytes);
      carried += piece.end - this.#from;
      this.#passTo(piece.end);
    }
    if (isLast && this.#done < size) {
      await confirm();
      await this.#writeRest(target, size);
      carried += size - this.#from;
      this.#passTo(size);
    }
    return carried;
  }

  async #write(target: OpenFile, end: number, bytes?: Buffer): Promise<void> {
    const start = (await target.stat()).size;
    const closes = await lacksNewline(target, start);
    if (bytes === undefined) {
      if (closes) await writeWhole(target, NEWLINE);
      await copyRange(this.#source, { start: this.#from, end }, (part) => writeWhole(target, part));
      return;
    }
    const all = closes ? Buffer.concat([NEWLINE, bytes]) : bytes;
    try {
      await writeWhole(target, all);
    } catch (error) {
      await cutBack(target, start, all);
      throw error;
    }
  }

  /** What is no whole line, with a newline. */
  async #writeRest(target: OpenFile, size: number): Promise<void> {
    const length = size - this.#from;
    if (length <= MAX_REST_BYTES) {
      const rest = Buffer.alloc(length + 1, NEWLINE);
      await readFully(this.#source, rest, 0, length, this.#from);
      await this.#write(target, size, rest);
      return;
    }
    await this.#write(target, size);
    await writeWhole(target, NEWLINE);
  }

  /** A newline for what was taken over without one is not carried over: it has got its own. */
  async #passNewline(size: number): Promise<void> {
    const start = this.#stat.size;
    if (this.#done !== start || start === 0 || size <= start) return;
    const around = Buffer.alloc(2);
    await readFully(this.#source, around, 0, 2, start - 1);
    if (around[0] !== NEWLINE[0] && around[1] === NEWLINE[0]) this.#passTo(start + 1);
  }

  async #openTarget(): Promise<OpenFile | undefined> {
    try {
      return await this.#fs.open(this.#path, "append");
    } catch (error) {
      if (isErrno(error, "ENOENT")) return undefined;
      throw error;
    }
  }

  #restart(size: number): void {
    this.#passTo(size);
    this.#seen = size;
  }

  #passTo(end: number): void {
    this.#from = end;
    this.#done = end;
  }

  async #attempt<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      if (cause instanceof LeaflogError) throw cause;
      throw new LeaflogError(
        "LEAFLOG_WRITE_FAILED",
        "the transcript was rewritten, and what another program goes on writing to the replaced file cannot be carried over; that is tried again as long as the transcript is open",
        { file: this.#path, cause },
      );
    }
  }
}

async function lacksNewline(file: OpenFile, size: number): Promise<boolean> {
  if (size === 0) return false;
  const last = Buffer.alloc(1);
  await readFully(file, last, 0, 1, size - 1);
  return last[0] !== NEWLINE[0];
}
