import type { EntryRecord } from "../../entry/entry.js";
import type { TranscriptFormat } from "../../entry/transcript-format.js";
import type { FileStat } from "../../file/file-stat.js";
import type { FileToRead } from "../../file/file-system.js";
import { startBackward } from "../../scan/lines/scan-backward.js";
import { startForward } from "../../scan/lines/scan-forward.js";
import {
  brokenBy,
  type Cursor,
  cursorAt,
  decodeCursor,
  encodeCursor,
  NOWHERE,
  type Reset,
  type ResetReason,
} from "../cursor.js";
import { lineEndAt, lineStartAt } from "../line-bounds.js";
import type { MalformedLineOptions } from "../malformed-line.js";
import { withFile, withStat } from "../open-to-read.js";
import { recordOf, type TextOption } from "../read-entry.js";
import { readFormat } from "../read-format.js";
import type { ReadSource } from "../read-source.js";
import { PageCollector } from "./page-collector.js";

const LIMIT = 50;
const MAX_BYTES = 1_048_576;
/** How far to look for one more entry behind the last one of a page, in bytes. */
const LOOK_AHEAD_BYTES = 262_144;

/** Options of `page`. */
export interface PageOptions extends MalformedLineOptions, TextOption {
  /** Of an earlier page or from elsewhere in this API. @default the start; backward the end */
  readonly cursor?: string;
  /** Most entries. @default 50 */
  readonly limit?: number;
  /**
   * Most bytes of lines. An entry that exceeds `maxEntryBytes` comes without its body and counts
   * as nothing. @default 1 MiB
   */
  readonly maxBytes?: number;
  /** Towards the end of the file, or towards its start. @default "forward" */
  readonly direction?: "forward" | "backward";
  /** Ends the reading with `LEAFLOG_ABORTED`. */
  readonly signal?: AbortSignal | undefined;
}

/** Some entries of a transcript, and where to go on. */
export interface Page {
  /** In file order, in both directions. */
  readonly entries: readonly EntryRecord[];
  /** Where the next page of the same direction begins. The same as `after` or `before`. */
  readonly cursor: string;
  /** The position before the first entry. */
  readonly before: string;
  /** The position behind the last entry; what comes later is new. */
  readonly after: string;
  /**
   * Whether there are more entries in this direction. Where more than 256 KiB without an entry
   * follow, true may turn out to be false with the next page.
   */
  readonly hasMore: boolean;
  /** The page is empty because its first entry has so many bytes, more than `maxBytes`. */
  readonly requiredBytes?: number;
  /** The cursor does not fit the file any more: the page is the first one of its direction. */
  readonly reset?: Reset;
}

/**
 * One page of entries. A cursor stays valid while the transcript is only appended to; it is a
 * string to be kept anywhere. When the file was replaced, cut or rewritten, or the string is no
 * cursor, the page is the first one of its direction and `reset` says why.
 *
 * A rewrite in place shows by the file's first 512 bytes and the 4,096 bytes before the cursor; one
 * that leaves both as they were goes unnoticed.
 *
 * @throws LeaflogError `LEAFLOG_READ_FAILED`, `LEAFLOG_ABORTED`
 */
export async function readPage(source: ReadSource, options: PageOptions = {}): Promise<Page> {
  const { cursor: text, signal } = options;
  const cursor = text === undefined ? undefined : decodeCursor(text);
  const invalid = text !== undefined && cursor === undefined ? "invalid-cursor" : undefined;
  const read = (file: FileToRead): Promise<Page> =>
    withStat(file, async (stat) => {
      const broken = invalid ?? (cursor && (await brokenBy(cursor, file, stat)));
      const start = broken === undefined ? cursor : undefined;
      const format = await readFormat(source, file, stat, signal);
      const page = await new PageReading(source, file, stat, format, options).read(start);
      return { ...page, ...resetBy(broken) };
    });
  const gone = cursor !== undefined && cursor.offset > 0 ? "truncated" : undefined;
  return withFile(source, emptyPage(invalid ?? gone), read, signal);
}

function resetBy(reason: ResetReason | undefined): { reset?: Reset } {
  return reason === undefined ? {} : { reset: { reason } };
}

function emptyPage(reason: ResetReason | undefined): Page {
  const cursor = encodeCursor(NOWHERE);
  return {
    entries: [],
    cursor,
    before: cursor,
    after: cursor,
    hasMore: false,
    ...resetBy(reason),
  };
}

class PageReading {
  readonly #file: FileToRead;
  readonly #stat: FileStat;
  readonly #format: TranscriptFormat;
  readonly #options: PageOptions;
  readonly #collector: PageCollector;

  constructor(
    source: ReadSource,
    file: FileToRead,
    stat: FileStat,
    format: TranscriptFormat,
    options: PageOptions,
  ) {
    const { limit = LIMIT, maxBytes = MAX_BYTES } = options;
    this.#file = file;
    this.#stat = stat;
    this.#format = format;
    this.#options = options;
    this.#collector = new PageCollector({ limit, maxBytes }, source.maxEntryBytes, format, options);
  }

  async read(cursor: Cursor | undefined): Promise<Page> {
    const backward = this.#options.direction === "backward";
    const { before, after, hasMore } = await (backward
      ? this.#backward(cursor)
      : this.#forward(cursor));
    const { entries: met, requiredBytes } = this.#collector;
    const entries: EntryRecord[] = [];
    for (const entry of backward ? met.reverse() : met) {
      entries.push(await recordOf(this.#file, entry));
    }
    const ends = { before: await this.#cursorAt(before), after: await this.#cursorAt(after) };
    return {
      entries,
      cursor: backward ? ends.before : ends.after,
      ...ends,
      hasMore,
      ...(requiredBytes !== undefined && { requiredBytes }),
    };
  }

  async #forward(cursor: Cursor | undefined): Promise<Ends> {
    const { size } = this.#stat;
    const { signal } = this.#options;
    const start = cursor?.offset ?? 0;
    const from = await lineStartAt(this.#file, start, size, signal);
    const hasMore = await this.#collect(startForward, { from, to: size });
    const last = this.#collector.entries.at(-1);
    const lastEnd = this.#collector.lastEnd ?? (from < size ? from : start);
    // Behind the last entry of a full page there may be lines without one, not looked at yet.
    const after = hasMore && last ? Math.min(last.offset + last.length + 1, size) : lastEnd;
    return { before: start, after, hasMore };
  }

  async #backward(cursor: Cursor | undefined): Promise<Ends> {
    const { size } = this.#stat;
    const { signal } = this.#options;
    const to = cursor ? await lineEndAt(this.#file, cursor.offset, size, signal) : size;
    const hasMore = await this.#collect(startBackward, { from: 0, to });
    const first = this.#collector.entries.at(-1);
    const after = cursor?.offset ?? this.#collector.firstEnd ?? 0;
    return { before: hasMore ? (first?.offset ?? after) : 0, after, hasMore };
  }

  /** Fills the page; resolves to whether more is to come. */
  async #collect(
    start: typeof startForward,
    range: { readonly from: number; readonly to: number },
  ): Promise<boolean> {
    const collector = this.#collector;
    let done = 0;
    let doneAtEntry = 0;
    let count = 0;
    const scan = await start(
      this.#file,
      {
        ...range,
        lazy: true,
        format: this.#format,
        signal: this.#options.signal,
        onProgress: (bytes) => {
          done = bytes;
        },
      },
      (line) => collector.see(line),
    );
    for (let more = true; more; ) {
      more = await scan.step();
      if (collector.overfull) return true;
      if (collector.entries.length > count) doneAtEntry = done;
      count = collector.entries.length;
      if (more && count > 0 && done - doneAtEntry > LOOK_AHEAD_BYTES) return true;
    }
    return false;
  }

  async #cursorAt(offset: number): Promise<string> {
    return encodeCursor(await cursorAt(this.#file, this.#stat, offset));
  }
}

/** Where a page begins and ends, in bytes. */
interface Ends {
  readonly before: number;
  readonly after: number;
  readonly hasMore: boolean;
}
