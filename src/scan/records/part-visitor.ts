import type { LineFacts } from "../lines/line-facts.js";
import type { ScannedLine } from "../lines/scanned-line.js";
import type { LinePart } from "./line-part.js";

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
