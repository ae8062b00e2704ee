import { DEFAULT_FORMAT, type TranscriptFormat } from "../entry/transcript-format.js";
import { compareFiles, type FileStat } from "../file/file-stat.js";
import type { FileToRead } from "../file/file-system.js";
import { findStart } from "../scan/find-start.js";
import { ensureTranscript } from "./content-advice.js";
import { withFile } from "./open-to-read.js";
import type { ReadSource } from "./read-source.js";

/** What a source turned out to be, the last time that its file showed it for certain. */
const known = new WeakMap<
  ReadSource,
  { readonly stat: FileStat; readonly format: TranscriptFormat }
>();

/**
 * The format of an open transcript. The start of the file is read once for each file that bears the
 * name, unless it does not tell.
 *
 * @param stat what the file is now
 * @throws LeaflogError `LEAFLOG_UNKNOWN_FORMAT`; the error of a failed read
 */
export async function readFormat(
  source: ReadSource,
  file: FileToRead,
  stat: FileStat,
  signal?: AbortSignal,
): Promise<TranscriptFormat> {
  const { size } = stat;
  const before = known.get(source);
  if (before && compareFiles(before.stat, stat) === "same" && before.stat.size <= size) {
    return before.format;
  }
  const start = await findStart(file, size, { format: source.format, signal });
  const { format, content, certain } = start;
  ensureTranscript(source.file, content, source);
  if (certain) known.set(source, { stat, format });
  return format;
}

/**
 * The format of a transcript, as far as its file shows it.
 *
 * @throws LeaflogError `LEAFLOG_READ_FAILED`, `LEAFLOG_UNKNOWN_FORMAT`
 */
export function readSourceFormat(source: ReadSource): Promise<TranscriptFormat> {
  const { format = DEFAULT_FORMAT } = source;
  return withFile(source, format, async (file) => readFormat(source, file, await file.stat()));
}
