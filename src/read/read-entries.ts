import { readFailed } from "../base/failures.js";
import type { EntryRecord } from "../entry/entry.js";
import { DEFAULT_FORMAT } from "../entry/transcript-format.js";
import type { FileToRead } from "../file/file-system.js";
import type { ScannedLine } from "../scan/lines/scanned-line.js";
import { WorkPace } from "../scan/lines/work-pace.js";
import { EntryIterator, type EntrySupply } from "./entry-iterator.js";
import { LineBlocks } from "./line-blocks.js";
import { lineEndAt, lineStartAt } from "./line-bounds.js";
import { type MalformedLineOptions, tellMalformed } from "./malformed-line.js";
import { closeRead, openToRead, withStat } from "./open-to-read.js";
import { type MetEntry, meetEntry, UnreadEntry } from "./read-entry.js";
import { readFormat } from "./read-format.js";
import type { ReadSource } from "./read-source.js";

/** Options of `entries`. */
export interface EntriesOptions extends MalformedLineOptions {
  /** Last to first. @default false */
  readonly reverse?: boolean;
  /**
   * Offset in bytes, as an `EntryRecord` or `AppendResult` tells it. Forwards the first line that
   * starts there or later is the first to come; in reverse it is the last one that ends before.
   * @default the start of the file; in reverse its end
   */
  readonly from?: number;
  /** Ends the reading with `LEAFLOG_ABORTED`. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The entries of a transcript, as far as they stood in the file when the first one was asked for.
 * Header, blank and malformed lines and half a last line are passed over; a missing file has none.
 * Reads without the lock, in memory bounded by 4 MiB of lines and the longest entry.
 *
 * @throws LeaflogError `LEAFLOG_READ_FAILED`, `LEAFLOG_ABORTED`
 */
export function readEntries(source: ReadSource, options: EntriesOptions = {}): EntryIterator {
  return new EntryIterator(new EntriesReading(source, options));
}

class EntriesReading implements EntrySupply {
  readonly #source: ReadSource;
  readonly #options: EntriesOptions;
  readonly #pace = new WorkPace();
  #format = DEFAULT_FORMAT;
  #block: readonly ScannedLine[] = [];
  /** Index of the next line of the block. */
  #next = 0;
  /** Whether a rest is due before the next line, whoever asked for it. */
  #tired = false;

  constructor(source: ReadSource, options: EntriesOptions) {
    this.#source = source;
    this.#options = options;
  }

  ready(): EntryRecord | undefined {
    const met = this.#meet();
    if (!(met instanceof UnreadEntry)) return met;
    this.#next -= 1;
    return undefined;
  }

  async *rest(): AsyncGenerator<EntryRecord, void, undefined> {
    const { signal } = this.#options;
    const file = await openToRead(this.#source, signal);
    if (file === undefined) return;
    let blocks: LineBlocks | undefined;
    try {
      blocks = await this.#start(file);
      for (let block = await blocks.next(); block; block = await blocks.next()) {
        this.#pace.restart();
        this.#block = block;
        this.#next = 0;
        while (this.#next < block.length) {
          const met = this.#meet();
          if (met !== undefined) yield met instanceof UnreadEntry ? await met.read(file) : met;
          else if (signal?.aborted) throw signal.reason;
          else await this.#takeRest();
        }
      }
    } catch (error) {
      throw readFailed(this.#source.file, error, signal);
    } finally {
      this.#block = [];
      await blocks?.end();
      await closeRead(this.#source, file);
    }
  }

  /** The next entry of the block; undefined at its end, when a rest is due, and after an abort. */
  #meet(): MetEntry | undefined {
    const { signal } = this.#options;
    while (this.#next < this.#block.length && !this.#tired && !signal?.aborted) {
      const line = this.#block[this.#next] as ScannedLine;
      this.#tired = this.#pace.isDue(line.length);
      if (this.#tired) return undefined;
      this.#next += 1;
      const met = meetEntry(line, this.#source.maxEntryBytes, this.#format);
      if (met !== undefined) return met;
      tellMalformed(line, this.#options);
    }
    return undefined;
  }

  async #takeRest(): Promise<void> {
    this.#tired = false;
    await this.#pace.rest();
  }

  #start(file: FileToRead): Promise<LineBlocks> {
    const { reverse = false, from, signal } = this.#options;
    return withStat(file, async (stat) => {
      const { size } = stat;
      const format = await readFormat(this.#source, file, stat, signal);
      const range = reverse
        ? { from: 0, to: from === undefined ? size : await lineEndAt(file, from, size, signal) }
        : { from: await lineStartAt(file, from ?? 0, size, signal), to: size };
      this.#format = format;
      const how = { ...range, reverse, format, signal };
      return LineBlocks.start(file, this.#source.maxEntryBytes, how);
    });
  }
}
