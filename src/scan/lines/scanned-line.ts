import type { TranscriptFormat } from "../../entry/transcript-format.js";
import type { LineFacts } from "./line-facts.js";

/**
 * One line as a scan hands it to its visitor; valid during that call alone. When the scan goes in
 * steps, offset, length and bytes stay valid until the next step.
 */
export interface ScannedLine {
  /** Bytes from the start of the file. */
  readonly offset: number;
  /** Bytes, without the newline (a `\r` before it counts). */
  readonly length: number;
  /** Whether a newline ends it; false for a torn tail alone. */
  readonly terminated: boolean;
  /** The malformed line that a record was found in. See `scanRecordsBackward`. */
  readonly within?: { readonly offset: number; readonly length: number };
  /**
   * The line's bytes, a view into the scan's buffer; absent when the line is longer than the
   * scan holds at once. Then read them from the file by `offset` and `length`.
   */
  readonly bytes: Buffer | undefined;
  /** What `bytes` decodes to, made anew at each call; a BOM at the start of the file is left out. */
  text(): string | undefined;
  /**
   * Classified on the first call, and only then; lines of more than 32,768 bytes before the visit,
   * in pieces, so that this call never takes long, unless the scan is `lazy`. A BOM at the start of
   * the file is passed over.
   */
  facts(): LineFacts;
}

/** A scan that goes on when it is told to. */
export interface ScanSteps {
  /**
   * Goes on by one chunk and hands out the lines that are complete with it. Resolves to whether
   * there is more to come; lines may have been handed out either way.
   */
  step(): Promise<boolean>;
}

/** Return `false` to end the scan. */
export type LineVisitor = (line: ScannedLine) => boolean | undefined;

export interface ScanOptions {
  /** By whose names lines are classified. Default: `DEFAULT_FORMAT`. */
  readonly format?: TranscriptFormat | undefined;
  /** First byte of the range, default 0. Forwards it has to be the start of a line. */
  readonly from?: number;
  /** Byte behind the range. Default: the size of the file when the scan starts. */
  readonly to?: number;
  /** Size of the first read in bytes, default 65,536. Later reads grow, up to `maxChunkBytes`. */
  readonly chunkBytes?: number;
  /** Most bytes held at once, default 1,048,576; longer lines come without `bytes`. */
  readonly maxChunkBytes?: number;
  /**
   * Most bytes that a step goes through, and of a read. Forwards, a line that goes on beyond them is
   * read on in reads of up to 1,048,576 bytes. Default `maxChunkBytes`.
   */
  readonly maxReadBytes?: number;
  /**
   * Leaves lines that come with their bytes unclassified until `facts()` is called: all of them, for
   * visitors that turn the bytes into an entry anyway, or those of which it returns true. Default
   * false.
   */
  readonly lazy?: boolean | ((line: ScannedLine) => boolean);
  /** Ends the scan between two chunks with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Told after each chunk how many bytes of the range are done. */
  readonly onProgress?: ((bytesDone: number) => void) | undefined;
}
