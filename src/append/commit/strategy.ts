import { LeaflogError } from "../../base/errors.js";
import { ensureAppendable } from "../../entry/ensure-appendable.js";
import type { TranscriptFormat } from "../../entry/transcript-format.js";
import type { ResolvedOptions } from "../../options/options.js";
import { ensureTranscript } from "../../read/content-advice.js";
import type { Tail } from "../../scan/end/tail.js";

/** How entries go to a transcript as it was found. */
export type Strategy =
  /** Each names its parent. */
  | "link"
  /** Without a parent, behind a linear transcript. */
  | "raw"
  /** The transcript's linear entries have to be linked first. */
  | "migrate";

/**
 * @param tail undefined when there is no file
 * @throws LeaflogError `LEAFLOG_UNKNOWN_FORMAT`, `LEAFLOG_BAD_HEADER`,
 * `LEAFLOG_LINEAR_TRANSCRIPT`
 */
export function chooseStrategy(
  file: string,
  tail: Tail | undefined,
  format: TranscriptFormat,
  options: ResolvedOptions,
): Strategy {
  if (tail) ensureTranscript(file, tail.content, options);
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
      return withoutMigration(tail);
    case "migrate":
      return "migrate";
    case "auto":
      return tail.size <= options.migrateMaxBytes ? "migrate" : withoutMigration(tail);
  }
}

/** How entries go to a transcript whose linear entries are left as they are. */
export function withoutMigration({ leaf }: Tail): Exclude<Strategy, "migrate"> {
  return leaf.shape === "linear" ? "raw" : "link";
}
