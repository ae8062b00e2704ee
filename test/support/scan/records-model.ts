import { classifyLine } from "../../../src/scan/lines/line-classifier.js";
import type { LineFacts } from "../../../src/scan/lines/line-facts.js";
import { dissectHeld } from "../../../src/scan/records/dissect-line.js";

/** What counts for the chain, where it stands. */
export interface ModelRecord {
  readonly facts: LineFacts;
  /** Bytes from the start of what holds it. */
  readonly offset: number;
  readonly bytes: Buffer;
}

/** A line as it is; of a malformed one its whole records, each as if it had a line of its own. */
export function modelRecords(line: Buffer, offset: number): ModelRecord[] {
  const facts = classifyLine(line);
  if (facts.kind !== "malformed") return [{ facts, offset, bytes: line }];
  const records: ModelRecord[] = [];
  dissectHeld(line, (part) => {
    if (part.kind !== "record") return;
    const bytes = line.subarray(part.offset, part.offset + part.length);
    records.push({ facts: part.facts, offset: offset + part.offset, bytes });
  });
  return records;
}
