import { LeaflogError } from "../errors.js";
import type { FileSystem, OpenFile } from "../file/file-system.js";
import { isErrno } from "../file/is-errno.js";

/**
 * Runs `read` on an open transcript and closes it again; `absent` stands in for a missing file.
 *
 * @throws LeaflogError `LEAFLOG_READ_FAILED`, `LEAFLOG_ABORTED`
 */
export async function withFile<T>(
  fs: FileSystem,
  path: string,
  absent: T,
  read: (file: OpenFile) => Promise<T>,
): Promise<T> {
  const file = await openToRead(fs, path);
  if (file === undefined) return absent;
  try {
    return await read(file);
  } catch (error) {
    throw readFailed(path, error);
  } finally {
    await file.close();
  }
}

/** @throws LeaflogError `LEAFLOG_READ_FAILED` for anything but a missing file. */
export async function openToRead(fs: FileSystem, path: string): Promise<OpenFile | undefined> {
  try {
    return await fs.open(path, "read");
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    throw readFailed(path, error);
  }
}

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
