import { LeaflogError } from "../base/errors.js";
import { isAppendable, type TranscriptFormat } from "./transcript-format.js";

/**
 * @throws LeaflogError `LEAFLOG_LINEAR_TRANSCRIPT` for a format whose entries have neither ids nor
 * parents: what is appended could not be linked, and migrated it would be of no use to its own program
 */
export function ensureAppendable(file: string, format: TranscriptFormat): void {
  if (isAppendable(format)) return;
  throw new LeaflogError(
    "LEAFLOG_LINEAR_TRANSCRIPT",
    `a transcript of the format ${format.name} has neither ids nor parents: leaflog reads, verifies and repairs it, but neither appends to it nor migrates it; nothing was written`,
    { file },
  );
}
