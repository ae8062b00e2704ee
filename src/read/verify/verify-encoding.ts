import { isUtf8 } from "node:buffer";
import type { FileStat } from "../../file/file-stat.js";
import type { FileToRead } from "../../file/file-system.js";
import { FAULT_BYTES, invalidUtf8, loneSurrogates } from "../../scan/lines/utf8-faults.js";
import { Findings } from "./verify-findings.js";
import type { EncodingFinding, Extent } from "./verify-report.js";

const NEWLINE = 0x0a;
/** Kept of what has been looked at: a run of backslashes tells whether the last one escapes. */
const LOOK_BACK = 64;
const SURROGATES: readonly Buffer[] = [Buffer.from("\\ud"), Buffer.from("\\uD")];

/**
 * Watches the bytes that a scan reads for what is no UTF-8, and for surrogates without their other
 * half. What is well costs next to nothing: it is looked at by the chunk.
 */
export class EncodingWatch implements FileToRead {
  readonly invalid: LineFaults = new LineFaults();
  readonly surrogates: LineFaults = new LineFaults();
  readonly #file: FileToRead;
  readonly #onInvalid: ((extent: Extent) => void) | undefined;
  /** The last bytes before `#end`, at least those that are not decided on. */
  #held: Buffer = Buffer.alloc(0);
  /** How far the file was read, and how far that is decided on, in bytes. */
  #end = 0;
  #decided = 0;
  /** Lines that end where nothing is decided yet: a few at most. */
  #lines: { readonly number: number; readonly end: number }[] = [];

  /** @param onInvalid told of all bytes that are no UTF-8, in their order */
  constructor(file: FileToRead, onInvalid?: (extent: Extent) => void) {
    this.#file = file;
    this.#onInvalid = onInvalid;
  }

  async read(buffer: Buffer, offset: number, length: number, position: number): Promise<number> {
    const read = await this.#file.read(buffer, offset, length, position);
    // A scan reads some bytes more than once.
    const known = Math.max(0, this.#end - position);
    if (read > known) this.#see(buffer.subarray(offset + known, offset + read));
    return read;
  }

  stat(): Promise<FileStat> {
    return this.#file.stat();
  }

  /** Decides on the rest: nothing more comes. */
  finish(): void {
    this.#decide(this.#held, this.#end);
    this.#passLines();
  }

  /**
   * Goes past the next line of the file, which has been read.
   *
   * @param end offset in the file of what follows it
   */
  pass(number: number, end: number): void {
    if (end <= this.#decided && this.#lines.length === 0) this.#pass(number, end);
    else {
      this.#lines.push({ number, end });
      this.#passLines();
    }
  }

  #passLines(): void {
    let passed = 0;
    for (const { number, end } of this.#lines) {
      if (end > this.#decided) break;
      this.#pass(number, end);
      passed += 1;
    }
    this.#lines.splice(0, passed);
  }

  #pass(number: number, end: number): void {
    this.invalid.pass(number, end);
    this.surrogates.pass(number, end);
  }

  #see(bytes: Buffer): void {
    const start = bytes.subarray(0, LOOK_BACK);
    const both = Buffer.concat([this.#held, start]);
    this.#end += start.length;
    this.#decide(both, this.#end - FAULT_BYTES);
    this.#held = Buffer.from(both.subarray(-LOOK_BACK - FAULT_BYTES));
    if (bytes.length <= LOOK_BACK) return;
    this.#end += bytes.length - start.length;
    this.#decide(bytes, this.#end - FAULT_BYTES);
    this.#held = Buffer.from(bytes.subarray(-LOOK_BACK - FAULT_BYTES));
  }

  /** @param bytes the last ones that were read @param to of the file: what begins before is known */
  #decide(bytes: Buffer, to: number): void {
    const from = this.#decided;
    if (to <= from) return;
    this.#decided = to;
    const base = this.#end - bytes.length;
    const isHere = (at: number): boolean => base + at >= from && base + at < to;
    if (!isUtf8(withoutCuts(bytes, base > 0, to < this.#end))) {
      for (const { start, end } of invalidUtf8(bytes)) {
        if (!isHere(start)) continue;
        this.invalid.add(base, start, bytes);
        this.#onInvalid?.({ offset: base + start, length: end - start });
      }
    } else if (!SURROGATES.some((start) => bytes.includes(start))) return;
    for (const at of loneSurrogates(bytes)) if (isHere(at)) this.surrogates.add(base, at, bytes);
  }
}

/** Faults of a file as they are met, of which each line counts once. */
export class LineFaults {
  readonly findings: Findings<EncodingFinding> = new Findings();
  /** Offsets in the file, of lines that have not been told of. */
  #waiting: number[] = [];
  #taken = 0;

  add(base: number, at: number, bytes: Buffer): void {
    const last = (this.#waiting.at(-1) ?? -1) - base;
    const isSameLine = last >= 0 && !bytes.subarray(last, at).includes(NEWLINE);
    if (!isSameLine) this.#waiting.push(base + at);
  }

  /** Takes the lines of the file, one after another. */
  pass(line: number, end: number): void {
    if (this.#waiting.length === 0) return;
    let first: number | undefined;
    while (this.#taken < this.#waiting.length && (this.#waiting[this.#taken] as number) < end) {
      first ??= this.#waiting[this.#taken];
      this.#taken += 1;
    }
    if (first === undefined) return;
    this.findings.add({ line, offset: first });
    if (this.#taken < this.#waiting.length) return;
    this.#waiting = [];
    this.#taken = 0;
  }
}

/** Without what may belong to a character that is cut off at either end. */
function withoutCuts(bytes: Buffer, atStart: boolean, atEnd: boolean): Buffer {
  let start = 0;
  while (atStart && start < 3 && isContinuation(bytes[start])) start += 1;
  let end = bytes.length;
  while (atEnd && bytes.length - end < 3 && isContinuation(bytes[end - 1])) end -= 1;
  if (atEnd && (bytes[end - 1] ?? 0) >= 0xc0) end -= 1;
  return bytes.subarray(start, Math.max(start, end));
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x80 && byte < 0xc0;
}
