import { invalid } from "../base/arguments.js";
import { ensureKnown, memberNames } from "../base/known-members.js";
import { resolveOptions, type TranscriptOptions } from "../options/options.js";
import type { RepairMode } from "../repair/repair-options.js";
import type { RepairReport } from "../repair/repair-report.js";
import { ensureOutsideTransaction } from "./call/transaction.js";
import { settled, settling } from "./late-settling.js";
import { ensureThere, resolveTranscript } from "./open-transcript.js";
import { shareWriter } from "./open-writers.js";
import type { TranscriptPath } from "./transcript-path.js";

/** Options of `repairTranscript`. */
export interface RepairTranscriptOptions
  extends Pick<
    TranscriptOptions,
    "cwd" | "fileSystem" | "format" | "header" | "lock" | "sessionId"
  > {
  /**
   * Find out what would be changed, without the lock and without a trace on the disk. The report
   * lists the changes that a repair of the same file would.
   * @default false
   */
  readonly dryRun?: boolean;
  /**
   * `salvage` goes through the whole file. `tail` repairs the end alone, behind the last line that
   * is whole: a torn tail, trailing NUL bytes; neither links nor the header are looked at.
   * @default "salvage"
   */
  readonly mode?: RepairMode;
  /** Keep the original under another name beside the transcript. @default true */
  readonly backup?: boolean;
  /** Told as the repair proceeds; it reads the file twice, and both passes count. */
  readonly onProgress?: (bytesDone: number, bytesTotal: number) => void;
  /**
   * Milliseconds at most for which other programs that had the file open are waited for, once it is
   * replaced: what they go on writing to the old one is carried over. An open transcript of this
   * process does that as long as it is open, and nothing is waited for.
   * @default until no process has it open for writing, 5,000 at most; 1,000 where the system does
   * not tell
   */
  readonly settleMs?: number;
  /** Gives the repair up; the transcript stays as it was. */
  readonly signal?: AbortSignal;
}

const MEMBERS = memberNames<RepairTranscriptOptions>({
  cwd: true,
  fileSystem: true,
  format: true,
  header: true,
  lock: true,
  sessionId: true,
  dryRun: true,
  mode: true,
  backup: true,
  onProgress: true,
  signal: true,
  settleMs: true,
});

/**
 * Repairs a transcript of any size, under its lock:
 * - whole records in malformed lines get lines of their own: fused ones, and those behind a record
 *   that is cut or behind NUL bytes; those over several lines, in a JSON list, with control
 *   characters that were not escaped, or with NaN for a number, which becomes null;
 * - what is left of such a line is moved, byte for byte, to `FILE.damaged-<time>`, which is
 *   on the medium before the transcript is replaced;
 * - bytes that are no UTF-8 go there too, and U+FFFD takes their place;
 * - a missing header is added, with the directory and the time that the entries tell, or with "/" and
 *   1970 where they tell none, unless `header` is `optional` or the format has none, and so is a
 *   missing last newline;
 * - an entry whose parent is not in the file is linked to the one before it: to what would have
 *   been the leaf there;
 * - linear entries are linked as a migration links them; a transcript that is linear as a whole
 *   stays so where there is nothing else to repair, and always in a format without parents;
 * - of entries that share an id the later one is moved when it is the same byte for byte, and gets
 *   a new id otherwise, its old one kept as `originalId`. Later `parentId` and `targetId` follow.
 *
 * All else stays, byte for byte. The file is replaced in one step: whatever happens it is the old
 * one or the new one. A second repair changes nothing, and `verifyTranscript` has no more problems
 * to report, unless there are more than 16,777,216 ids: then no link is changed.
 *
 * @throws LeaflogError `LEAFLOG_HARD_LINKED`, `LEAFLOG_INVALID_ARGUMENT`, `LEAFLOG_BAD_HEADER` for a header of a later
 * version, `LEAFLOG_UNKNOWN_FORMAT` for a file that is no transcript or of which nothing would be
 * left, `LEAFLOG_READ_FAILED`, also when there is no such file, `LEAFLOG_WRITE_FAILED`,
 * `LEAFLOG_ATTRIBUTES`, `LEAFLOG_LOCK_TIMEOUT`, `LEAFLOG_LOCK_FAILED`, `LEAFLOG_LOCK_LOST`, `LEAFLOG_ABORTED`
 */
export async function repairTranscript(
  file: TranscriptPath,
  options: RepairTranscriptOptions = {},
): Promise<RepairReport> {
  ensureKnown("options", options, MEMBERS);
  const {
    dryRun = false,
    mode = "salvage",
    backup = true,
    onProgress,
    signal,
    settleMs,
    ...rest
  } = options;
  const settle = settling(settleMs);
  if (mode !== "salvage" && mode !== "tail") {
    throw invalid("mode", mode, 'one of "salvage", "tail"');
  }
  const resolved = resolveOptions(rest);
  const { fileSystem, format, header, sessionId, lock } = resolved;
  const path = await resolveTranscript(file, fileSystem);
  const how = {
    mode,
    dryRun,
    backup,
    header,
    format,
    sessionId,
    cwd: options.cwd,
    onProgress,
    signal,
  };
  // Nobody's writes are in the way of a look.
  if (dryRun) {
    const { repairFile } = await import("../repair/repair.js");
    return repairFile(fileSystem, path, { ...how, stillOwner: async () => true });
  }
  await ensureThere(fileSystem, path);
  const share = shareWriter(path, resolved);
  try {
    ensureOutsideTransaction(share.writer);
    const terms = { timeoutMs: lock.timeoutMs, signal };
    const report = await share.writer.repair(how, terms);
    return await settled(report, share, settle, terms);
  } finally {
    await share.release();
  }
}
