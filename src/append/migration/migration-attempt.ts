import { newEntryId } from "../../entry/entry-id.js";
import { DEFAULT_FORMAT, type TranscriptFormat } from "../../entry/transcript-format.js";
import { LeaflogError } from "../../errors.js";
import type { FileStat } from "../../file/file-stat.js";
import type { FileSystem, OpenFile } from "../../file/file-system.js";
import { replaceFile } from "../../file/replacement.js";
import { findStart } from "../../scan/find-start.js";
import { scanForward } from "../../scan/scan-forward.js";
import { ensureStillOwner } from "../ensure-still-owner.js";
import { ensureAppendable } from "../way.js";
import { MigrationBackup } from "./migration-backup.js";
import { MigrationEdits } from "./migration-edits.js";
import { MigrationIds } from "./migration-ids.js";
import type { MigrateOptions, MigrationInternals } from "./migration-options.js";
import type { MigrationProgress } from "./migration-progress.js";
import type { MigrationReport } from "./migration-report.js";
import { MigrationSurvey } from "./migration-survey.js";
import { writeMigrated } from "./migration-writer.js";
import { tooNew } from "./too-new.js";

/** Most bytes read at once: the new text of a chunk, up to 32 times as much, is held with it. */
const MAX_CHUNK_BYTES = 262_144;

/** One attempt to migrate a file: both readings of it, and its replacement. */
export class MigrationAttempt {
  readonly #fs: FileSystem;
  readonly #file: string;
  readonly #options: MigrateOptions;
  readonly #progress: MigrationProgress;
  readonly #maxChunkBytes: number;
  readonly #ids: MigrationIds;
  readonly #survey: MigrationSurvey;
  #format: TranscriptFormat = DEFAULT_FORMAT;
  #backup: MigrationBackup | undefined;

  constructor(
    fs: FileSystem,
    file: string,
    options: MigrateOptions,
    internals: MigrationInternals,
    progress: MigrationProgress,
  ) {
    this.#fs = fs;
    this.#file = file;
    this.#options = options;
    this.#progress = progress;
    this.#maxChunkBytes = internals.maxChunkBytes ?? MAX_CHUNK_BYTES;
    this.#ids = new MigrationIds(internals.generateId ?? newEntryId);
    this.#survey = new MigrationSurvey(this.#ids);
  }

  /** Undefined when the file changed meanwhile. */
  async run(): Promise<MigrationReport | undefined> {
    const source = await this.#fs.open(this.#file, "read");
    try {
      const stat = await source.stat();
      this.#progress.begin(stat.size);
      await this.#read(source, stat);
      return this.#survey.settled ? this.#unchanged(stat) : await this.#rewrite(source, stat);
    } finally {
      await source.close();
    }
  }

  async #read(source: OpenFile, { size }: FileStat): Promise<void> {
    const { header, signal } = this.#options;
    const start = await findStart(source, size, { format: this.#options.format, signal });
    const { format, header: found } = start;
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
    await scanForward(source, scan, (line) => {
      this.#survey.meet(line.facts());
      return this.#survey.tooNew ? false : undefined;
    });
    if (this.#survey.tooNew) throw tooNew(this.#file, this.#survey.version);
    this.#survey.finish();
  }

  async #rewrite(source: OpenFile, stat: FileStat): Promise<MigrationReport | undefined> {
    const edits = new MigrationEdits(this.#survey, this.#ids);
    const { signal } = this.#options;
    try {
      const size = await replaceFile(this.#fs, this.#file, {
        original: { file: source, stat },
        write: (output) =>
          writeMigrated(source, stat.size, edits, output, {
            format: this.#format,
            maxChunkBytes: this.#maxChunkBytes,
            signal,
            onProgress: (bytesDone) => this.#progress.report(stat.size + bytesDone),
          }),
        confirm: () => this.#confirm(source, stat),
      });
      if (size === undefined) {
        await this.#backup?.drop();
        return undefined;
      }
      return this.#report(stat, edits, size);
    } catch (error) {
      await this.#backup?.dropQuietly();
      throw error;
    }
  }

  async #confirm(source: OpenFile, stat: FileStat): Promise<void> {
    if (this.#options.backup) {
      const backup = new MigrationBackup(this.#fs, this.#file, stat);
      await backup.make(source);
      this.#backup = backup;
    }
    await ensureStillOwner(this.#file, "migration", this.#options);
  }

  #unchanged(stat: FileStat): MigrationReport {
    return {
      file: this.#file,
      changed: false,
      entries: this.#survey.entries,
      migrated: 0,
      reidentified: 0,
      malformed: this.#survey.malformed,
      bytesBefore: stat.size,
      bytesAfter: stat.size,
    };
  }

  #report(stat: FileStat, edits: MigrationEdits, bytesAfter: number): MigrationReport {
    return {
      ...this.#unchanged(stat),
      changed: true,
      migrated: edits.migrated,
      reidentified: edits.reidentified,
      bytesAfter,
      ...(this.#backup && { backup: this.#backup.path }),
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
