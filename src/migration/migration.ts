import { LeaflogError } from "../base/errors.js";
import type { FileSystem } from "../file/file-system.js";
import { removeLeftovers } from "../file/replace/replacement.js";
import { withRestarts } from "../rewrite/rewrite.js";
import { RewriteProgress } from "../rewrite/rewrite-progress.js";
import { MigrationAttempt } from "./migration-attempt.js";
import type { MigrateOptions, MigrationInternals } from "./migration-options.js";
import type { MigrationReport } from "./migration-report.js";

export type { MigrateOptions } from "./migration-options.js";
export type { MigrationReport } from "./migration-report.js";

/**
 * Makes a linked transcript of version 3 out of one that has linear entries, by editing bytes: all
 * that is not edited stays as it was, malformed lines included. Takes memory for the ids in the
 * file, 12 to 24 bytes each, and otherwise none that grows with it. A file in which nothing has to
 * be changed is not written; a torn tail alone is no reason to.
 *
 * What another program appends before the file is replaced is in the result. For what it appends to
 * the old file later on, through a descriptor that it opened before, see `watch`.
 *
 * @param file absolute, with symlinks resolved; the caller holds its lock
 * @throws LeaflogError, with the file as it was unless the message says otherwise:
 * - `LEAFLOG_LINEAR_TRANSCRIPT`: entries of its format have neither ids nor parents;
 * - `LEAFLOG_BAD_HEADER`: no header, or one of a later version;
 * - `LEAFLOG_READ_FAILED`: it is not there or cannot be read;
 * - `LEAFLOG_WRITE_FAILED`: it cannot be replaced, or other programs never stop changing it;
 * - `LEAFLOG_LOCK_LOST`, `LEAFLOG_ABORTED`.
 */
export async function migrateFile(
  fs: FileSystem,
  file: string,
  options: MigrateOptions,
  internals: MigrationInternals = {},
): Promise<MigrationReport> {
  const progress = new RewriteProgress(options.onProgress);
  try {
    options.signal?.throwIfAborted();
    await removeLeftovers(fs, file);
    const report = await withRestarts(file, "migrate", (isLast) =>
      new MigrationAttempt(fs, file, options, internals, progress).run(isLast),
    );
    progress.finish();
    return report;
  } catch (error) {
    throw asLeaflogError(error, file, options.signal);
  }
}

function asLeaflogError(error: unknown, file: string, signal: AbortSignal | undefined): unknown {
  if (error instanceof LeaflogError) return error;
  if (signal?.aborted && error === signal.reason) {
    return new LeaflogError(
      "LEAFLOG_ABORTED",
      "the migration was aborted; the transcript is as it was",
      { file, cause: error },
    );
  }
  // What a callback threw is the caller's own; the operating system's errors have a code.
  if (!(error instanceof Error && "code" in error)) return error;
  return new LeaflogError("LEAFLOG_READ_FAILED", "the transcript cannot be read", {
    file,
    cause: error,
  });
}
