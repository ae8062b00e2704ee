import { ensureKnown, memberNames } from "../base/known-members.js";
import type { MigrationReport } from "../migration/migration.js";
import { resolveOptions, type TranscriptOptions } from "../options/options.js";
import { ensureOutsideTransaction } from "./call/transaction.js";
import { settled, settling } from "./late-settling.js";
import { ensureThere, resolveTranscript } from "./open-transcript.js";
import { shareWriter } from "./open-writers.js";
import type { TranscriptPath } from "./transcript-path.js";

/** Options of `migrateTranscript`. */
export interface MigrateTranscriptOptions
  extends Pick<TranscriptOptions, "format" | "header" | "lock" | "maxOpenFiles" | "fileSystem"> {
  /**
   * Told as the migration proceeds; it reads the file twice, and both passes count.
   */
  readonly onProgress?: (bytesDone: number, bytesTotal: number) => void;
  /**
   * Milliseconds at most for which other programs that had the file open are waited for, once it is
   * replaced: what they go on writing to the old one is carried over. An open transcript of this
   * process does that as long as it is open, and nothing is waited for.
   * @default until no process has it open for writing, 5,000 at most; 1,000 where the system does
   * not tell
   */
  readonly settleMs?: number;
  /** Gives the migration up; the transcript stays as it was. */
  readonly signal?: AbortSignal;
  /** Keep the original under another name beside the transcript; the report tells which. */
  readonly backup?: boolean;
}

const MEMBERS = memberNames<MigrateTranscriptOptions>({
  format: true,
  header: true,
  lock: true,
  maxOpenFiles: true,
  fileSystem: true,
  onProgress: true,
  signal: true,
  backup: true,
  settleMs: true,
});

/**
 * Links the linear entries of a transcript of any size, under its lock, in bounded memory: ids and
 * parents are inserted and every other byte of every line stays. The file is replaced in one step;
 * whatever happens it is the old one or the new one. A second migration changes nothing.
 *
 * A transcript of Claude Code has no linear entries; one of Codex is never migrated, for its own
 * program could not read it any more.
 *
 * @throws LeaflogError `LEAFLOG_LINEAR_TRANSCRIPT` for one of Codex, `LEAFLOG_BAD_HEADER`,
 * `LEAFLOG_HARD_LINKED`, `LEAFLOG_READ_FAILED`, `LEAFLOG_WRITE_FAILED`,
 * `LEAFLOG_ATTRIBUTES`, `LEAFLOG_LOCK_TIMEOUT`, `LEAFLOG_LOCK_FAILED`, `LEAFLOG_LOCK_LOST`, `LEAFLOG_ABORTED`
 */
export async function migrateTranscript(
  file: TranscriptPath,
  options: MigrateTranscriptOptions = {},
): Promise<MigrationReport> {
  ensureKnown("options", options, MEMBERS);
  const { onProgress, signal, backup, settleMs, ...rest } = options;
  const settle = settling(settleMs);
  const resolved = resolveOptions(rest);
  const path = await resolveTranscript(file, resolved.fileSystem);
  await ensureThere(resolved.fileSystem, path);
  const share = shareWriter(path, resolved);
  try {
    ensureOutsideTransaction(share.writer);
    const { header, format } = resolved;
    const how = { header, format, onProgress, signal, backup };
    const terms = { timeoutMs: resolved.lock.timeoutMs, signal };
    const report = await share.writer.migrate(how, terms);
    return await settled(report, share, settle, terms);
  } finally {
    await share.release();
  }
}
