import { LeaflogError } from "../base/errors.js";
import { ensureAppendable } from "../entry/ensure-appendable.js";
import { newEntryId } from "../entry/entry-id.js";
import { DEFAULT_FORMAT, type TranscriptFormat } from "../entry/transcript-format.js";
import type { FileSystem } from "../file/file-system.js";
import { ensureTranscript } from "../read/content-advice.js";
import { MigrationIds } from "../rewrite/migration-ids.js";
import { Original, rewriteFile } from "../rewrite/rewrite.js";
import type { RewriteProgress } from "../rewrite/rewrite-progress.js";
import { tooNew } from "../rewrite/too-new.js";
import { findStart } from "../scan/find-start.js";
import type { ScannedLine } from "../scan/lines/scanned-line.js";
import { scanRecordsForward } from "../scan/records-forward.js";
import { MigrationEdits } from "./migration-edits.js";
import type { MigrateOptions, MigrationInternals } from "./migration-options.js";
import type { MigrationReport } from "./migration-report.js";
import { MigrationSurvey } from "./migration-survey.js";
import { writeMigrated } from "./migration-writer.js";

/** Most bytes read at once: the new text of a chunk, up to 32 times as much, is held with it. */
const MAX_CHUNK_BYTES = 262_144;

/** One attempt to migrate a file: both readings of it, and its replacement. */
export class MigrationAttempt {
  readonly #fs: FileSystem;
  readonly #file: string;
  readonly #options: MigrateOptions;
  readonly #progress: RewriteProgress;
  readonly #maxChunkBytes: number;
  readonly #ids: MigrationIds;
  readonly #survey: MigrationSurvey;
  #format: TranscriptFormat = DEFAULT_FORMAT;

  constructor(
    fs: FileSystem,
    file: string,
    options: MigrateOptions,
    internals: MigrationInternals,
    progress: RewriteProgress,
  ) {
    this.#fs = fs;
    this.#file = file;
    this.#options = options;
    this.#progress = progress;
    this.#maxChunkBytes = internals.maxChunkBytes ?? MAX_CHUNK_BYTES;
    this.#ids = new MigrationIds(internals.generateId ?? newEntryId);
    this.#survey = new MigrationSurvey(this.#ids);
  }

  /**
   * Undefined when the file changed meanwhile.
   *
   * @param mayGrow whether it is enough that it has only grown
   */
  run(mayGrow: boolean): Promise<MigrationReport | undefined> {
    return Original.with(this.#fs, this.#file, async (original) => {
      this.#progress.begin(original.stat.size);
      await this.#read(original);
      return this.#survey.settled ? this.#unchanged(original) : this.#rewrite(original, mayGrow);
    });
  }

  async #read({ source, stat: { size } }: Original): Promise<void> {
    const { header, signal } = this.#options;
    const start = await findStart(source, size, { format: this.#options.format, signal });
    const { format, header: found, content } = start;
    ensureTranscript(this.#file, content, this.#options);
    ensureAppendable(this.#file, format);
    this.#format = format;
    if (found.state === "damaged" && header === "required") throw noHeader(this.#file);
    const scan = {
      to: size,
      format,
      maxChunkBytes: this.#maxChunkBytes,
      signal,
      onProgress: (bytesDone: number) => this.#progress.report(bytesDone),
    };
    const survey = this.#survey;
    const meet = (line: ScannedLine): false | undefined => {
      survey.meet(line.facts());
      return survey.tooNew ? false : undefined;
    };
    await scanRecordsForward(source, scan, meet, (facts) => survey.meetRecord(facts));
    if (this.#survey.tooNew) throw tooNew(this.#file, this.#survey.version);
    this.#survey.finish();
  }

  async #rewrite(original: Original, mayGrow: boolean): Promise<MigrationReport | undefined> {
    const { source, stat } = original;
    const edits = new MigrationEdits(this.#survey, this.#ids);
    const rewritten = await rewriteFile(this.#fs, this.#file, this.#options, {
      work: "migration",
      original,
      format: this.#format,
      mayGrow,
      write: (output) =>
        writeMigrated(source, stat.size, edits, output, {
          format: this.#format,
          maxChunkBytes: this.#maxChunkBytes,
          signal: this.#options.signal,
          onProgress: (bytesDone) => this.#progress.report(stat.size + bytesDone),
        }),
    });
    if (rewritten === undefined) return undefined;
    return {
      ...this.#unchanged(original),
      changed: true,
      migrated: edits.migrated,
      reidentified: edits.reidentified,
      bytesAfter: rewritten.size,
      lateBytes: rewritten.late,
      ...(rewritten.backup !== undefined && { backup: rewritten.backup }),
    };
  }

  #unchanged({ stat }: Original): MigrationReport {
    return {
      file: this.#file,
      changed: false,
      entries: this.#survey.entries,
      migrated: 0,
      reidentified: 0,
      malformed: this.#survey.malformed,
      bytesBefore: stat.size,
      bytesAfter: stat.size,
      lateBytes: 0,
    };
  }
}

function noHeader(file: string): LeaflogError {
  return new LeaflogError(
    "LEAFLOG_BAD_HEADER",
    'the first line is no header, so that the file may be no transcript; repair it, or pass `header: "optional"` to migrate it without one',
    { file },
  );
}
