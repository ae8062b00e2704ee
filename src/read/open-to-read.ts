import { readFailed } from "../base/failures.js";
import type { FileStat } from "../file/file-stat.js";
import type { FileToRead } from "../file/file-system.js";
import { isErrno } from "../file/is-errno.js";
import { MAX_OPEN_FILES } from "../file/slots.js";
import { YieldingFile } from "../file/yielding-file.js";
import type { ReadSource } from "./read-source.js";

/** How often a reader begins again when the file is cut under it. */
const TRIES = 5;

/**
 * Runs `read` on an open transcript and closes it again; `absent` stands in for a missing file.
 *
 * @throws LeaflogError `LEAFLOG_READ_FAILED`, `LEAFLOG_ABORTED`
 */
export async function withFile<T>(
  source: ReadSource,
  absent: T,
  read: (file: FileToRead) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const file = await openToRead(source, signal);
  if (file === undefined) return absent;
  try {
    return await read(file);
  } catch (error) {
    throw readFailed(source.file, error, signal);
  } finally {
    await closeRead(source, file);
  }
}

/**
 * Hands `read` what the file is, and again when it got shorter while it was being read: a writer
 * cuts a failed write back.
 *
 * @throws what `read` throws of a file that did not shrink
 */
export async function withStat<T>(
  file: FileToRead,
  read: (stat: FileStat) => Promise<T>,
): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    const stat = await file.stat();
    try {
      return await read(stat);
    } catch (error) {
      if (tries === TRIES || (await file.stat()).size >= stat.size) throw error;
    }
  }
}

/** @throws LeaflogError `LEAFLOG_READ_FAILED` for anything but a missing file; `LEAFLOG_ABORTED`. */
export async function openToRead(
  source: ReadSource,
  signal?: AbortSignal,
): Promise<YieldingFile | undefined> {
  try {
    signal?.throwIfAborted();
    const { fileSystem, file, maxOpenFiles = MAX_OPEN_FILES } = source;
    return await YieldingFile.open(fileSystem, file, maxOpenFiles, signal);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    throw readFailed(source.file, error, signal);
  }
}

/** @throws LeaflogError `LEAFLOG_READ_FAILED` */
export async function closeRead(source: ReadSource, file: YieldingFile): Promise<void> {
  try {
    await file.close();
  } catch (error) {
    throw readFailed(source.file, error);
  }
}
