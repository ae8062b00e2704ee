import { LeaflogError } from "./errors.js";

/** What a reader's failure becomes; errors that are leaflog's already stay as they are. */
export function readFailed(path: string, error: unknown, signal?: AbortSignal): LeaflogError {
  if (error instanceof LeaflogError) return error;
  if (signal?.aborted) {
    return new LeaflogError("LEAFLOG_ABORTED", "aborted while reading", {
      file: path,
      cause: signal.reason,
    });
  }
  return new LeaflogError("LEAFLOG_READ_FAILED", "the transcript cannot be read", {
    file: path,
    cause: error,
  });
}

/**
 * What a failed write becomes.
 *
 * @param restored whether the file ends where it ended before
 */
export function writeFailed(
  file: string,
  message: string,
  cause: unknown,
  restored: boolean,
): LeaflogError {
  return new LeaflogError("LEAFLOG_WRITE_FAILED", message, { file, cause, cutBack: restored });
}

/** The error of a call whose signal was aborted before it began to be written. */
export function aborted(signal: AbortSignal, file?: string): LeaflogError {
  return new LeaflogError("LEAFLOG_ABORTED", "aborted before writing began; nothing was written", {
    ...(file !== undefined && { file }),
    cause: signal.reason,
  });
}

/** Why an append failed of which nothing was written. */
export function appendFailed(file: string, error: unknown): LeaflogError {
  if (error instanceof LeaflogError) return error;
  return writeFailed(file, "the append failed before anything was written", error, true);
}
