import { isAppendable, type TranscriptFormat } from "../entry/transcript-format.js";
import { LeaflogError } from "../errors.js";
import type { ResolvedOptions } from "../options.js";
import type { Tail } from "./tail.js";

/** How entries go to a transcript as it was found. */
export type Way =
  /** Each names its parent. */
  | "link"
  /** Without a parent, behind a linear transcript. */
  | "raw"
  /** The transcript's linear entries have to be linked first. */
  | "migrate";

/**
 * @param tail undefined when there is no file
 * @throws LeaflogError `LEAFLOG_BAD_HEADER`, `LEAFLOG_LINEAR_TRANSCRIPT`
 */
export function chooseWay(
  file: string,
  tail: Tail | undefined,
  format: TranscriptFormat,
  options: ResolvedOptions,
): Way {
  ensureAppendable(file, format);
  if (tail === undefined) return "link";
  if (tail.header.state === "damaged" && options.header === "required") {
    throw new LeaflogError(
      "LEAFLOG_BAD_HEADER",
      'the first line is no header ({"type":"session","id":…}); nothing was written: repair the file, or open it with `header: "optional"`',
      { file },
    );
  }
  if (!tail.leaf.linearAfterLeaf) return "link";
  switch (options.linear) {
    case "reject":
      throw new LeaflogError(
        "LEAFLOG_LINEAR_TRANSCRIPT",
        "the transcript ends in linear entries (without parentId); nothing was written: call migrateTranscript first, or open it with another `linear`",
        { file },
      );
    case "raw":
      return untouchedWay(tail);
    case "migrate":
      return "migrate";
    case "auto":
      return tail.size <= options.migrateMaxBytes ? "migrate" : untouchedWay(tail);
  }
}

/** How entries go to a transcript whose linear entries are left as they are. */
export function untouchedWay({ leaf }: Tail): Exclude<Way, "migrate"> {
  return leaf.shape === "linear" ? "raw" : "link";
}

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
