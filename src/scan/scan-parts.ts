import type { TranscriptFormat } from "../entry/transcript-format.js";
import type { FileToRead } from "../file/file-system.js";
import { dissectHeld, dissectLine } from "./dissect-line.js";
import type { LineFacts } from "./line-facts.js";
import type { LinePart } from "./line-part.js";
import { scanForward } from "./scan-forward.js";
import type { ScannedLine, ScanOptions } from "./scanned-line.js";

/** Malformed lines up to this are taken apart while the scan holds them. */
const HELD_BYTES = 32_768;

/** A malformed line, of which the parts come next. */
export interface MalformedLine {
  /** 1 for the first line of the file; counted from the start of the scan. */
  readonly number: number;
  /** Bytes from the start of the file. */
  readonly offset: number;
  /** Bytes, without the newline. */
  readonly length: number;
  readonly terminated: boolean;
}

/** Told of the lines of a file in their order, and of the parts of those that are malformed. */
export interface PartVisitor {
  /** A line that is not malformed; valid during the call alone. */
  line(line: ScannedLine, facts: LineFacts, number: number): void;
  beginMalformed(line: MalformedLine): void;
  /** @param bytes the part's, where they are held; valid during the call alone */
  part(part: LinePart, bytes: Buffer | undefined): void;
  endMalformed(): void;
  /** Whether `settle` is to be awaited before the next line. */
  readonly unsettled: boolean;
  settle(): Promise<void>;
}

/**
 * A forward scan that takes malformed lines apart. Bounds and errors are those of `scanForward`.
 */
export async function scanParts(
  file: FileToRead,
  options: ScanOptions & { readonly to: number },
  visitor: PartVisitor,
): Promise<void> {
  const begin = options.from ?? 0;
  let from = begin;
  let number = 0;
  while (from < options.to) {
    let long: MalformedLine | undefined;
    let next = options.to;
    const onProgress = options.onProgress && reportFrom(from - begin, options.onProgress);
    await scanForward(file, { ...options, from, onProgress }, (line) => {
      number += 1;
      const facts = line.facts();
      if (facts.kind !== "malformed") visitor.line(line, facts, number);
      else long = visitMalformed(visitor, line, number, options.format);
      if (long === undefined && !visitor.unsettled) return undefined;
      next = line.offset + line.length + (line.terminated ? 1 : 0);
      return false;
    });
    if (long !== undefined) await visitLong(visitor, file, long, options);
    if (visitor.unsettled) await visitor.settle();
    from = next;
    // A scan that was stopped has not told how far it came.
    if (from < options.to) options.onProgress?.(from - begin);
    options.signal?.throwIfAborted();
  }
}

function reportFrom(before: number, listener: (bytesDone: number) => void) {
  return (bytesDone: number): void => listener(before + bytesDone);
}

/** Returns the line when it is too long to be taken apart at once. */
function visitMalformed(
  visitor: PartVisitor,
  line: ScannedLine,
  number: number,
  format: TranscriptFormat | undefined,
): MalformedLine | undefined {
  const { offset, length, terminated, bytes } = line;
  const malformed = { number, offset, length, terminated };
  if (bytes === undefined || length > HELD_BYTES) return malformed;
  visitor.beginMalformed(malformed);
  const emit = (part: LinePart): void =>
    visitor.part(part, bytes.subarray(part.offset, part.offset + part.length));
  dissectHeld(bytes, emit, format);
  visitor.endMalformed();
  return undefined;
}

async function visitLong(
  visitor: PartVisitor,
  file: FileToRead,
  line: MalformedLine,
  options: ScanOptions,
): Promise<void> {
  visitor.beginMalformed(line);
  await dissectLine(file, line, (part) => visitor.part(part, undefined), options);
  visitor.endMalformed();
}
