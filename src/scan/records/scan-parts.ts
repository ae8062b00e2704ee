import type { TranscriptFormat } from "../../entry/transcript-format.js";
import type { FileToRead } from "../../file/file-system.js";
import { scanForward } from "../lines/scan-forward.js";
import type { ScannedLine, ScanOptions } from "../lines/scanned-line.js";
import { dissectHeld, dissectLine } from "./dissect-line.js";
import { LineGroups } from "./line-groups.js";
import type { LinePart } from "./line-part.js";
import type { MalformedLine, PartVisitor } from "./part-visitor.js";

/** Malformed lines up to this are taken apart while the scan holds them. */
const HELD_BYTES = 32_768;
/** Of a scan that begins anew. */
const CHUNK_BYTES = 8192;

/**
 * A forward scan that takes malformed lines apart, and joins what belongs together of them. Bounds
 * and errors are those of `scanForward`.
 */
export async function scanParts(
  file: FileToRead,
  options: ScanOptions & { readonly to: number },
  visitor: PartVisitor,
): Promise<void> {
  const begin = options.from ?? 0;
  const groups = new LineGroups(file, options, visitor);
  let from = begin;
  let number = 0;
  while (from < options.to) {
    let left: MalformedLine | undefined;
    let isValue = false;
    let next = options.to;
    const onProgress = options.onProgress && reportFrom(from - begin, options.onProgress);
    // Where it was stopped, the next malformed line is not far as a rule.
    const chunkBytes = from === begin ? options.chunkBytes : CHUNK_BYTES;
    const how = { ...options, from, onProgress, ...(chunkBytes && { chunkBytes }) };
    await scanForward(file, how, (line) => {
      number += 1;
      const facts = line.facts();
      const { offset, length, terminated } = line;
      const malformed = { number, offset, length, terminated };
      isValue = facts.kind === "value";
      if (isValue ? groups.isList(line) : facts.kind === "malformed") {
        const group = groups.see(line, malformed);
        if (group === "begins") left = malformed;
        else if (group === "visited") left = undefined;
        else if (isValue) visitor.line(line, facts, number);
        else left = visitMalformed(visitor, line, malformed, options.format);
      } else visitor.line(line, facts, number);
      if (left === undefined && !visitor.unsettled) return undefined;
      next = offset + length + (terminated ? 1 : 0);
      return false;
    });
    if (left !== undefined) {
      const joined = await groups.visit(left);
      if (joined !== undefined) {
        next = joined.next;
        number = joined.number;
      } else if (isValue) {
        await visitValue(visitor, file, left, options);
      } else await visitLong(visitor, file, left, options);
    }
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
  { bytes, length }: ScannedLine,
  malformed: MalformedLine,
  format: TranscriptFormat | undefined,
): MalformedLine | undefined {
  if (bytes === undefined || length > HELD_BYTES) return malformed;
  visitor.beginMalformed(malformed);
  const emit = (part: LinePart): void =>
    visitor.part(part, bytes.subarray(part.offset, part.offset + part.length));
  dissectHeld(bytes, emit, format);
  visitor.endMalformed();
  return undefined;
}

/** Visits a line that turned out to be JSON and nothing else. */
async function visitValue(
  visitor: PartVisitor,
  file: FileToRead,
  { offset, length, terminated, number }: MalformedLine,
  options: ScanOptions,
): Promise<void> {
  const to = offset + length + (terminated ? 1 : 0);
  const onProgress = undefined;
  await scanForward(file, { ...options, from: offset, to, onProgress }, (line) => {
    visitor.line(line, line.facts(), number);
    return undefined;
  });
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
