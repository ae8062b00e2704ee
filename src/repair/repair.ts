import { LeaflogError } from "../base/errors.js";
import type { FileSystem } from "../file/file-system.js";
import { removeLeftovers } from "../file/replace/replacement.js";
import { asReadError, guardedListener } from "../read/verify/verify-progress.js";
import { withRestarts } from "../rewrite/rewrite.js";
import { RewriteProgress } from "../rewrite/rewrite-progress.js";
import { RepairAttempt } from "./repair-attempt.js";
import type { RepairInternals, RepairOptions } from "./repair-options.js";
import type { RepairReport } from "./repair-report.js";

/**
 * Repairs a transcript: reads it to find what is to be done, reads it again to write what stays,
 * and puts that in its place in one step. Whatever is not repaired stays, byte for byte. Takes 45
 * to 60 bytes of memory for each id in the file, and for each entry that is given a new id those
 * two, and otherwise none that grows with it. A file in which there is nothing to repair is not
 * written.
 *
 * What another program appends before the file is replaced is in the result. For what it appends to
 * the old file later on, through a descriptor that it opened before, see `watch`.
 *
 * @param file absolute, with symlinks resolved; unless it is a dry run the caller holds its lock
 * @throws LeaflogError, with the file as it was unless the message says otherwise:
 * - `LEAFLOG_BAD_HEADER`: the header claims a later version;
 * - `LEAFLOG_READ_FAILED`: it is not there or cannot be read;
 * - `LEAFLOG_WRITE_FAILED`: it cannot be replaced, what is to be kept beside it cannot be written,
 *   or other programs never stop changing it;
 * - `LEAFLOG_LOCK_LOST`, `LEAFLOG_ABORTED`.
 */
export async function repairFile(
  fs: FileSystem,
  file: string,
  options: RepairOptions,
  internals: RepairInternals = {},
): Promise<RepairReport> {
  const progress = new RewriteProgress(guardedListener(options.onProgress));
  try {
    options.signal?.throwIfAborted();
    if (!options.dryRun) await removeLeftovers(fs, file);
    const report = await withRestarts(file, "repair", (isLast) =>
      new RepairAttempt(fs, file, options, internals, progress).run(isLast),
    );
    progress.finish();
    return report;
  } catch (error) {
    throw asRepairError(error, file, options.signal);
  }
}

function asRepairError(error: unknown, file: string, signal: AbortSignal | undefined): unknown {
  if (!signal?.aborted || error !== signal.reason) return asReadError(file, error, undefined);
  return new LeaflogError(
    "LEAFLOG_ABORTED",
    "the repair was aborted; the transcript is as it was",
    {
      file,
      cause: error,
    },
  );
}
