import type { TranscriptFormat } from "../entry/transcript-format.js";
import type { FileToRead } from "../file/file-system.js";
import { startBackward } from "../scan/lines/scan-backward.js";
import { startForward } from "../scan/lines/scan-forward.js";
import type { ScannedLine, ScanSteps } from "../scan/lines/scanned-line.js";
import { ReadAhead } from "./read-ahead.js";

/** Larger reads gain little and leave more lines waiting in memory. */
const READ_BYTES = 262_144;
/** Lines up to this are held by a scan forwards; longer ones are read again for their entry. */
const MAX_HELD_BYTES = 4_194_304;

/** Which lines to read. */
export interface BlockRange {
  /** First byte; the start of a line. */
  readonly from: number;
  /** Byte behind the last; the end of a line. */
  readonly to: number;
  /** Last to first. @default false */
  readonly reverse?: boolean;
  readonly format: TranscriptFormat;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The lines of a range, a chunk of the file at a time, for a reader that turns one after another
 * into an entry when it is asked for: many parsed entries that wait for their turn cost more than
 * the parsing.
 */
export class LineBlocks {
  readonly #maxEntryBytes: number;
  #ahead: ReadAhead | undefined;
  #scan: ScanSteps | undefined;
  #block: ScannedLine[] = [];

  private constructor(maxEntryBytes: number) {
    this.#maxEntryBytes = maxEntryBytes;
  }

  /** Reads the first chunk, so that a file that is cut right now shows itself here. Then `end` it. */
  static async start(
    file: FileToRead,
    maxEntryBytes: number,
    range: BlockRange,
  ): Promise<LineBlocks> {
    const blocks = new LineBlocks(maxEntryBytes);
    try {
      await blocks.#start(file, range);
    } catch (error) {
      await blocks.end();
      throw error;
    }
    return blocks;
  }

  /**
   * The lines that are complete with the next chunk, to be used before the next call; undefined
   * when the range is gone through. Only those of more than `maxEntryBytes` may be classified.
   */
  async next(): Promise<readonly ScannedLine[] | undefined> {
    while (this.#block.length === 0 && this.#scan !== undefined) await this.#step(this.#scan);
    const block = this.#block;
    this.#block = [];
    return block.length === 0 ? undefined : block;
  }

  /** To be awaited before the file is closed. */
  async end(): Promise<void> {
    this.#scan = undefined;
    await this.#ahead?.end();
  }

  async #start(file: FileToRead, { reverse, ...range }: BlockRange): Promise<void> {
    const options = {
      ...range,
      // What comes without its body is classified, and that in slices.
      lazy: ({ length }: ScannedLine) => length <= this.#maxEntryBytes,
      chunkBytes: READ_BYTES,
      maxReadBytes: READ_BYTES,
    };
    const see = (line: ScannedLine): undefined => {
      // Later its scan may be in the midst of another line.
      if (line.length > this.#maxEntryBytes) line.facts();
      this.#block.push(line);
    };
    if (reverse) {
      this.#scan = await startBackward(file, options, see);
    } else {
      this.#ahead = new ReadAhead(file, range.to, READ_BYTES);
      const held = { ...options, maxChunkBytes: MAX_HELD_BYTES };
      this.#scan = await startForward(this.#ahead, held, see);
    }
    await this.#step(this.#scan);
  }

  async #step(scan: ScanSteps): Promise<void> {
    if (!(await scan.step())) this.#scan = undefined;
  }
}
