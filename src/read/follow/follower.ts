import { LeaflogError } from "../../base/errors.js";
import { readFailed } from "../../base/failures.js";
import type { TranscriptFormat } from "../../entry/transcript-format.js";
import { type FileStat, isSameFile, isUntouched } from "../../file/file-stat.js";
import { isErrno } from "../../file/is-errno.js";
import { ReplacedError, type YieldingFile } from "../../file/yielding-file.js";
import {
  brokenBy,
  type Cursor,
  cursorAt,
  decodeCursor,
  NOWHERE,
  type ResetReason,
} from "../cursor.js";
import { lastLineEnd, lineStartAt } from "../line-bounds.js";
import { closeRead, openToRead, withStat } from "../open-to-read.js";
import { readFormat } from "../read-format.js";
import type { ReadSource } from "../read-source.js";
import type { FileAlarm } from "./file-alarm.js";
import { settledEnd } from "./settled-end.js";

/** From here on half a line is not searched for its newline from its start at every look. */
const LONG_TAIL_BYTES = 65_536;
/** Milliseconds after a change in which another may get the same time. */
const SETTLED_MS = 20;

/** Lines that can be shown and have not been, in a file that is open. */
export interface Growth {
  readonly file: YieldingFile;
  readonly stat: FileStat;
  readonly format: TranscriptFormat;
  /** Start of the first line. */
  readonly from: number;
  /** End of the last line. */
  readonly to: number;
  /** The position behind the last line, of what stood there before any was shown. */
  readonly end: Cursor;
}

/** Knows up to where a file has been shown, and looks for more. */
export class Follower {
  readonly #source: ReadSource;
  readonly #alarm: FileAlarm;
  readonly #signal: AbortSignal | undefined;
  /** Undefined until the first look, when it is to be the end of the file. */
  #position: Cursor | undefined;
  /** The file at the last look. */
  #seen: FileStat | undefined;
  /** The file that is watched. */
  #watched: FileStat | undefined;
  #isMissing = false;
  /** Whether the last look found none where the one before found one. */
  #isLost = false;
  /** Between the shown lines and this offset there is no newline. */
  #searched = 0;
  #reset: ResetReason | undefined;

  /** @param start the cursor behind which to begin, or which end of the file */
  constructor(
    source: ReadSource,
    alarm: FileAlarm,
    start: { readonly cursor: string } | "start" | "end",
    signal: AbortSignal | undefined,
  ) {
    this.#source = source;
    this.#alarm = alarm;
    this.#signal = signal;
    if (start === "start") this.#position = NOWHERE;
    else if (start !== "end") {
      this.#position = decodeCursor(start.cursor);
      if (this.#position === undefined) this.#beginAnew("invalid-cursor");
    }
  }

  /** Whether `takeReset` has something to tell, and `look` then may. */
  get isReset(): boolean {
    return this.#reset !== undefined;
  }

  /** Why it had to begin anew since the last call. */
  takeReset(): ResetReason | undefined {
    const reason = this.#reset;
    this.#reset = undefined;
    return reason;
  }

  /** Whether the last look was the first since the file was there that did not find it. */
  takeLoss(): boolean {
    const isLost = this.#isLost;
    this.#isLost = false;
    return isLost;
  }

  /**
   * What is new since the last look. Then `leave` it.
   *
   * @throws LeaflogError `LEAFLOG_READ_FAILED`, `LEAFLOG_ABORTED`
   */
  async look(): Promise<Growth | undefined> {
    try {
      const stat = await this.#watchedStat();
      if (stat === undefined) {
        this.#position ??= NOWHERE;
        return undefined;
      }
      if (this.#seen && isUntouched(this.#seen, stat)) return undefined;
      return await this.#open();
    } catch (error) {
      // The next look meets what has taken its place.
      if (isReplaced(error)) return undefined;
      throw readFailed(this.#source.file, error, this.#signal);
    }
  }

  /**
   * Notes up to where the growth was shown, and closes its file.
   *
   * @param failure what ended the showing early, if anything did
   * @throws LeaflogError the failure, unless it came from the file being cut, rewritten or replaced
   */
  async leave(growth: Growth, shown: number, failure?: { readonly error: unknown }): Promise<void> {
    const { file, stat } = growth;
    try {
      if (failure && isReplaced(failure.error)) throw failure.error;
      const position = this.#position;
      if (failure === undefined) {
        // What was written over since would count as shown if one looked only now.
        this.#position = shown === growth.to ? growth.end : await cursorAt(file, stat, shown);
        return;
      }
      this.#seen = undefined;
      const now = await file.stat();
      const cut = now.size < growth.to || (position && (await brokenBy(position, file, now)));
      if (!cut) throw failure.error;
      this.#position = await cursorAt(file, stat, shown);
    } catch (error) {
      if (!isReplaced(error)) throw readFailed(this.#source.file, error, this.#signal);
      // A position in the file that was: by it the next look tells that another is there.
      this.#position = growth.end;
      this.#seen = undefined;
    } finally {
      await closeRead(this.#source, file);
    }
  }

  /** A look at the path, with the file that it finds being watched; undefined when there is none. */
  async #watchedStat(): Promise<FileStat | undefined> {
    const stat = await this.#stat();
    if (stat && !(this.#watched && isSameFile(this.#watched, stat))) {
      await this.#alarm.watch();
      // It may have changed before it was watched.
      this.#seen = undefined;
    }
    this.#watched = stat;
    this.#isLost = stat === undefined && !this.#isMissing;
    this.#isMissing = stat === undefined;
    return stat;
  }

  async #stat(): Promise<FileStat | undefined> {
    try {
      return await this.#source.fileSystem.stat(this.#source.file);
    } catch (error) {
      if (isErrno(error, "ENOENT")) return undefined;
      throw error;
    }
  }

  async #open(): Promise<Growth | undefined> {
    const file = await openToRead(this.#source, this.#signal);
    if (file === undefined) return undefined;
    let growth: Growth | undefined;
    try {
      growth = await withStat(file, (stat) => this.#growthOf(file, stat));
      return growth;
    } finally {
      if (growth === undefined) await closeRead(this.#source, file);
    }
  }

  async #growthOf(file: YieldingFile, stat: FileStat): Promise<Growth | undefined> {
    const { size } = stat;
    const signal = this.#signal;
    const format = await readFormat(this.#source, file, stat, signal);
    if (this.#position === undefined) {
      const end = await settledEnd(file, 0, await lastLineEnd(file, size, 0, signal), signal);
      this.#position = await cursorAt(file, stat, end);
    }
    const broken = await brokenBy(this.#position, file, stat);
    if (broken) {
      this.#beginAnew(broken);
      return undefined;
    }
    const from = await lineStartAt(file, this.#position.offset, size, signal);
    const searched = this.#searched > from && this.#searched <= size ? this.#searched : from;
    const linesEnd = await lastLineEnd(file, size, searched, signal);
    this.#seen = isSettled(stat) ? stat : undefined;
    if (linesEnd === searched) {
      // What is short is searched again: it may have been cut back and be other bytes by then.
      this.#searched = size - from > LONG_TAIL_BYTES ? size : 0;
      return undefined;
    }
    const to = await settledEnd(file, from, linesEnd, signal);
    if (to === from) return undefined;
    return { file, stat, format, from, to, end: await cursorAt(file, stat, to) };
  }

  #beginAnew(reason: ResetReason): void {
    this.#reset = reason;
    this.#position = NOWHERE;
    this.#seen = undefined;
    this.#searched = 0;
  }
}

function isReplaced(error: unknown): boolean {
  const cause = error instanceof LeaflogError ? error.cause : error;
  return cause instanceof ReplacedError;
}

/** Whether a later change is going to show in its time, of which there are some 250 a second. */
function isSettled({ mtimeNs }: FileStat): boolean {
  return Math.abs(Date.now() - Number(mtimeNs / 1_000_000n)) > SETTLED_MS;
}
