import { constants } from "node:buffer";
import type { ScannedLine } from "../scan/lines/scanned-line.js";

/** A line that a reader passed over because it is no JSON. */
export interface MalformedLine {
  /** Bytes from the start of the file. */
  readonly offset: number;
  /** Bytes, without the newline. */
  readonly length: number;
  /** Whether a newline ends it; false for a torn tail alone, which may still be in the writing. */
  readonly terminated: boolean;
}

/** Who wants to know what a reader passes over. */
export interface MalformedLineOptions {
  /**
   * Told of each malformed line that is passed over, in the order in which they are met; a second
   * time where the file changed so that the reading began anew.
   * @default nobody is told; `verifyTranscript` reports them all
   */
  readonly onMalformed?: ((line: MalformedLine) => void) | undefined;
}

/** Tells of a line on which no entry was met, if it is malformed: not blank, a header or a value. */
export function tellMalformed(line: ScannedLine, { onMalformed }: MalformedLineOptions): void {
  if (onMalformed === undefined || !isMalformed(line)) return;
  const { offset, length, terminated } = line;
  onMalformed({ offset, length, terminated });
}

function isMalformed(line: ScannedLine): boolean {
  const text = line.length <= constants.MAX_STRING_LENGTH ? line.text() : undefined;
  if (text === undefined) return line.facts().kind === "malformed";
  if (text.trim() === "") return false;
  try {
    JSON.parse(text);
    return false;
  } catch {
    // That it throws is the answer.
    return true;
  }
}
