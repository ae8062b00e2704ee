import { readFailed } from "../base/failures.js";
import { ensureKnown } from "../base/known-members.js";
import type { FileSystem } from "../file/file-system.js";
import { ensureRegular } from "../file/regular-file.js";
import { resolveFile } from "../file/resolve-file.js";
import { resolveOptions, TRANSCRIPT_MEMBERS, type TranscriptOptions } from "../options/options.js";
import { Transcript } from "./transcript.js";
import { pathText, type TranscriptPath } from "./transcript-path.js";

/**
 * Opens a transcript, or one that the first append will create. Nothing on the disk is touched
 * until then: symlinks are resolved, and that is all.
 *
 * @throws LeaflogError `LEAFLOG_INVALID_ARGUMENT`; `LEAFLOG_READ_FAILED` when the path cannot be
 * resolved
 */
export async function openTranscript(
  file: TranscriptPath,
  options: TranscriptOptions = {},
): Promise<Transcript> {
  ensureKnown("options", options, TRANSCRIPT_MEMBERS);
  const resolved = resolveOptions(options);
  return new Transcript(await resolveTranscript(file, resolved.fileSystem), resolved);
}

/** The absolute path of a transcript that a caller named. */
export async function resolveTranscript(file: TranscriptPath, fs: FileSystem): Promise<string> {
  const path = pathText(file);
  try {
    return await resolveFile(fs, path);
  } catch (error) {
    throw readFailed(path, error);
  }
}

/**
 * Before the lock: it would make the directory of a mistyped path, or stand beside a device.
 *
 * @throws LeaflogError `LEAFLOG_READ_FAILED`
 */
export async function ensureThere(fs: FileSystem, path: string): Promise<void> {
  try {
    ensureRegular(await fs.stat(path));
  } catch (error) {
    throw readFailed(path, error);
  }
}
