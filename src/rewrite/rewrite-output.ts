import type { OpenFile } from "../file/file-system.js";
import { copyRange } from "../file/replace/replacement.js";
import type { ReplacementOutput } from "../file/replace/temporary-file.js";
import type { Span } from "../scan/lines/line-facts.js";

const BUFFER_BYTES = 262_144;
/** Less than this is left to gather. */
const FLUSH_BYTES = 65_536;
/** Most bytes that a UTF-16 code unit takes in UTF-8. */
const UNIT_BYTES = 3;

/**
 * Gathers the bytes of the new file, which come from calls that cannot wait, and writes them when
 * the source is read on: so no more is held than what one read gives rise to.
 */
export class RewriteOutput {
  readonly #source: OpenFile;
  readonly #output: ReplacementOutput;
  readonly #signal: AbortSignal | undefined;
  /** Full buffers, and ranges of the source to be copied, in their order. */
  #pending: (Buffer | Span)[] = [];
  /** Written buffers, to be filled again: new ones in such numbers keep the collector busy. */
  readonly #free: Buffer[] = [];
  #buffer: Buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  #filled = 0;

  constructor(source: OpenFile, output: ReplacementOutput, signal: AbortSignal | undefined) {
    this.#source = source;
    this.#output = output;
    this.#signal = signal;
  }

  /** The source, for the scan: each read of it waits until what was gathered is written. */
  get gatedSource(): OpenFile {
    const source = this.#source;
    return {
      read: async (buffer, offset, length, position) => {
        if (this.#pending.length > 0 || this.#filled >= FLUSH_BYTES) await this.flush();
        return source.read(buffer, offset, length, position);
      },
      write: (buffer) => source.write(buffer),
      stat: () => source.stat(),
      truncate: (length) => source.truncate(length),
      chmod: (mode) => source.chmod(mode),
      chown: (uid, gid) => source.chown(uid, gid),
      datasync: () => source.datasync(),
      sync: () => source.sync(),
      close: () => source.close(),
    };
  }

  text(text: string): void {
    if (text.length * UNIT_BYTES > BUFFER_BYTES) {
      this.bytes(Buffer.from(text, "utf8"));
      return;
    }
    if (this.#filled + text.length * UNIT_BYTES > BUFFER_BYTES) this.#next();
    this.#filled += this.#buffer.write(text, this.#filled, "utf8");
  }

  /** Takes a copy: the caller may use `bytes` again. */
  bytes(bytes: Buffer): void {
    let taken = 0;
    while (taken < bytes.length) {
      const copied = bytes.copy(this.#buffer, this.#filled, taken);
      taken += copied;
      this.#filled += copied;
      if (this.#filled === BUFFER_BYTES) this.#next();
    }
  }

  /** Bytes of the source that nobody holds. */
  copy(range: Span): void {
    this.#next();
    this.#pending.push(range);
  }

  async flush(): Promise<void> {
    this.#next();
    const pending = this.#pending;
    this.#pending = [];
    for (const part of pending) {
      this.#signal?.throwIfAborted();
      if (!Buffer.isBuffer(part)) {
        await copyRange(this.#source, part, (bytes) => this.#output.write(bytes), this.#signal);
        continue;
      }
      await this.#output.write(part);
      if (part.buffer.byteLength === BUFFER_BYTES) this.#free.push(Buffer.from(part.buffer));
    }
  }

  #next(): void {
    if (this.#filled === 0) return;
    this.#pending.push(this.#buffer.subarray(0, this.#filled));
    this.#buffer = this.#free.pop() ?? Buffer.allocUnsafe(BUFFER_BYTES);
    this.#filled = 0;
  }
}
