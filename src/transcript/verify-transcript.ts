import { whole } from "../base/arguments.js";
import { ensureKnown, memberNames } from "../base/known-members.js";
import { resolveOptions, type TranscriptOptions } from "../options/options.js";
import type { VerifyReport } from "../read/verify/verify-report.js";
import { resolveTranscript } from "./open-transcript.js";
import type { TranscriptPath } from "./transcript-path.js";

/** Options of `verifyTranscript`. */
export interface VerifyTranscriptOptions
  extends Pick<TranscriptOptions, "fileSystem" | "format" | "header" | "maxOpenFiles"> {
  /** Told, as the reading proceeds, how many bytes are done of how many. */
  readonly onProgress?: (bytesDone: number, bytesTotal: number) => void;
  readonly signal?: AbortSignal;
  /**
   * Ids in the file whose links are checked; each takes 30 to 36 bytes of memory while the
   * transcript is verified, and nothing else grows with the file. Above, the report has no `links`
   * and lists the problem `links-unchecked`.
   * @default 16_777_216 (about half a GB)
   */
  readonly maxEntries?: number;
}

const MEMBERS = memberNames<VerifyTranscriptOptions>({
  fileSystem: true,
  format: true,
  header: true,
  maxOpenFiles: true,
  onProgress: true,
  signal: true,
  maxEntries: true,
});

/**
 * Reads a transcript of any size once, without the lock and without changing anything, and reports
 * all that is in it and all that is wrong with it. What is appended meanwhile is not looked at.
 *
 * @throws LeaflogError `LEAFLOG_INVALID_ARGUMENT`; `LEAFLOG_READ_FAILED`, also when there is no
 * such file; `LEAFLOG_ABORTED`
 */
export async function verifyTranscript(
  file: TranscriptPath,
  options: VerifyTranscriptOptions = {},
): Promise<VerifyReport> {
  ensureKnown("options", options, MEMBERS);
  const { onProgress, signal } = options;
  const { MAX_ENTRIES, verifyFile } = await import("../read/verify/verify.js");
  const { fileSystem, format, header, maxOpenFiles } = resolveOptions(options);
  const maxEntries = whole("maxEntries", options.maxEntries, MAX_ENTRIES, 1);
  const path = await resolveTranscript(file, fileSystem);
  const how = { onProgress, signal, header, format, maxEntries, maxOpenFiles };
  return verifyFile(fileSystem, path, how);
}
