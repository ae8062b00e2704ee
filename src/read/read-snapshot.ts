import { Readable } from "node:stream";
import { readFailed } from "../base/failures.js";
import type { YieldingFile } from "../file/yielding-file.js";
import { lastLineEnd } from "./line-bounds.js";
import { closeRead, openToRead, withStat } from "./open-to-read.js";
import type { ReadSource } from "./read-source.js";

const CHUNK_BYTES = 65_536;

/** Options of `snapshot`. */
export interface SnapshotOptions {
  /** Ends the stream with `LEAFLOG_ABORTED`. */
  readonly signal?: AbortSignal | undefined;
}

/** The lines that a transcript had at one moment. */
export interface Snapshot {
  /** Bytes that the stream gives, no more and no less. */
  readonly size: number;
  /**
   * The bytes, up to and with the newline of the last whole line. Holds the file open until it ends
   * or is destroyed. Errors with `LEAFLOG_READ_FAILED` when the file turns out to be shorter.
   */
  readonly stream: Readable;
}

/**
 * A prefix of the transcript that later appends do not change, to back up a file that grows. What
 * an append has written by the time of the call is in it, unless its last line lacks its newline.
 * A file that is not there gives no bytes.
 *
 * @throws LeaflogError `LEAFLOG_READ_FAILED`, `LEAFLOG_ABORTED`
 */
export async function readSnapshot(
  source: ReadSource,
  { signal }: SnapshotOptions = {},
): Promise<Snapshot> {
  const file = await openToRead(source, signal);
  if (file === undefined) return { size: 0, stream: Readable.from([], { objectMode: false }) };
  try {
    const size = await withStat(file, (stat) => lastLineEnd(file, stat.size, 0, signal));
    return { size, stream: new SnapshotStream(source, file, size, signal) };
  } catch (error) {
    await closeRead(source, file);
    throw readFailed(source.file, error, signal);
  }
}

class SnapshotStream extends Readable {
  readonly #source: ReadSource;
  readonly #file: YieldingFile;
  readonly #size: number;
  readonly #signal: AbortSignal | undefined;
  #position = 0;
  #reading: Promise<void> | undefined;

  constructor(
    source: ReadSource,
    file: YieldingFile,
    size: number,
    signal: AbortSignal | undefined,
  ) {
    super({ highWaterMark: CHUNK_BYTES });
    this.#source = source;
    this.#file = file;
    this.#size = size;
    this.#signal = signal;
    signal?.addEventListener("abort", this.#abort);
  }

  override _read(): void {
    // Begun a moment later, so that whoever destroys the stream finds it under way in any case.
    this.#reading = Promise.resolve()
      .then(() => this.#readChunk())
      .catch((error: unknown) => {
        this.destroy(readFailed(this.#source.file, error, this.#signal));
      });
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#signal?.removeEventListener("abort", this.#abort);
    void this.#close().then(
      () => callback(error),
      (failure: unknown) => callback(error ?? (failure as Error)),
    );
  }

  async #readChunk(): Promise<void> {
    if (this.destroyed) return;
    const wanted = Math.min(CHUNK_BYTES, this.#size - this.#position);
    if (wanted === 0) {
      this.push(null);
      return;
    }
    const chunk = Buffer.allocUnsafe(wanted);
    const read = await this.#file.read(chunk, 0, wanted, this.#position);
    if (read === 0) {
      throw new Error(`the file shrank to ${this.#position} bytes; ${this.#size} were promised`);
    }
    if (this.destroyed) return;
    this.#position += read;
    this.push(chunk.subarray(0, read));
  }

  async #close(): Promise<void> {
    // A descriptor that is closed under a read may belong to another file by then.
    await this.#reading;
    await closeRead(this.#source, this.#file);
  }

  readonly #abort = (): void => {
    this.destroy(readFailed(this.#source.file, this.#signal?.reason, this.#signal));
  };
}
