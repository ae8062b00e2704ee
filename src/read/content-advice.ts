import { LeaflogError } from "../base/errors.js";
import type { TranscriptFormat } from "../entry/transcript-format.js";
import { type FileContent, isPacked } from "../scan/file-content.js";

/** What a file is that is no transcript, and what to do about it. */
export const CONTENT_ADVICE: Readonly<Record<Exclude<FileContent, "transcript">, string>> = {
  list: "a JSON list, not JSON lines: a repair saves its entries",
  spread: "JSON over several lines, not JSON lines: a repair saves its entries",
  other:
    "JSON of no format that leaflog knows: name it as `format` (pi, claude-code or codex) if it is one of them",
  "utf-16": "UTF-16, not UTF-8: convert it first, with iconv -f UTF-16 -t UTF-8 say",
  gzip: "compressed: unpack it first, with gzip -d say",
  zstd: "compressed: unpack it first, with zstd -d say",
};

/** What a caller says of a file. */
export interface SaidContent {
  /** The format. */
  readonly format?: TranscriptFormat | undefined;
  /** `optional`: that its lines are what they are, where they are JSON lines. */
  readonly header?: "required" | "optional" | undefined;
}

/**
 * Refuses what is no transcript. In doubt it is one, and what a caller says goes unless it is no
 * text at all.
 *
 * @throws LeaflogError `LEAFLOG_UNKNOWN_FORMAT`
 */
export function ensureTranscript(
  file: string,
  content: FileContent,
  { format, header }: SaidContent,
): void {
  if (content === "transcript" || (format !== undefined && !isPacked(content))) return;
  if (header === "optional" && content === "other") return;
  throw unknownFormat(file, `it is ${CONTENT_ADVICE[content]}`);
}

export function unknownFormat(file: string, why: string): LeaflogError {
  return new LeaflogError("LEAFLOG_UNKNOWN_FORMAT", `the file is left as it is: ${why}`, { file });
}
