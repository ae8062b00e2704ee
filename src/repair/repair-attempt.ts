import { newEntryId } from "../entry/entry-id.js";
import { DEFAULT_FORMAT, type TranscriptFormat } from "../entry/transcript-format.js";
import type { FileSystem, OpenFile } from "../file/file-system.js";
import type { ReplacementOutput } from "../file/replace/temporary-file.js";
import { ensureTranscript, unknownFormat } from "../read/content-advice.js";
import { MAX_ENTRIES } from "../read/verify/verify.js";
import { EncodingWatch } from "../read/verify/verify-encoding.js";
import { Original, type Rewritten, rewriteFile } from "../rewrite/rewrite.js";
import { RewriteOutput } from "../rewrite/rewrite-output.js";
import type { RewriteProgress } from "../rewrite/rewrite-progress.js";
import { tooNew } from "../rewrite/too-new.js";
import { isUnreadable } from "../scan/file-content.js";
import { findStart } from "../scan/find-start.js";
import type { ScanOptions } from "../scan/lines/scanned-line.js";
import { scanParts } from "../scan/records/scan-parts.js";
import { DamagedFile } from "./damaged-file.js";
import { RepairChanges } from "./repair-changes.js";
import { type AddedHeader, beginsHeader, makeHeader } from "./repair-header.js";
import { RepairLinks } from "./repair-links.js";
import type { RepairInternals, RepairOptions } from "./repair-options.js";
import type { RepairReport } from "./repair-report.js";
import { RepairSurvey } from "./repair-survey.js";
import { RepairWriter } from "./repair-writer.js";
import { sessionTraces } from "./session-traces.js";
import { tailStart } from "./tail-start.js";

/** Most bytes read at once: the new text of a chunk, up to 32 times as much, is held with it. */
const MAX_CHUNK_BYTES = 262_144;

/** A file that is being repaired, and how far it is looked at. */
interface RepairJob {
  readonly original: Original;
  /** Where the repair begins, in bytes. */
  readonly from: number;
}

/** One attempt to repair a file: both readings of it, and its replacement. */
export class RepairAttempt {
  readonly #fs: FileSystem;
  readonly #file: string;
  readonly #options: RepairOptions;
  readonly #internals: RepairInternals;
  readonly #progress: RewriteProgress;
  readonly #changes = new RepairChanges();
  #format: TranscriptFormat = DEFAULT_FORMAT;

  constructor(
    fs: FileSystem,
    file: string,
    options: RepairOptions,
    internals: RepairInternals,
    progress: RewriteProgress,
  ) {
    this.#fs = fs;
    this.#file = file;
    this.#options = options;
    this.#internals = internals;
    this.#progress = progress;
  }

  /**
   * Undefined when the file changed meanwhile.
   *
   * @param mayGrow whether it is enough that it has only grown
   */
  run(mayGrow: boolean): Promise<RepairReport | undefined> {
    return Original.with(this.#fs, this.#file, async (original) => {
      const { source, stat } = original;
      this.#progress.begin(stat.size);
      const { format, header, signal } = this.#options;
      const start = await findStart(source, stat.size, { format, signal });
      if (isUnreadable(start.content))
        ensureTranscript(this.#file, start.content, { format, header });
      this.#format = start.format;
      const whole = this.#options.mode === "salvage";
      const from = whole ? 0 : await tailStart(source, stat.size, this.#scan());
      return this.#repair({ original, from }, mayGrow);
    });
  }

  async #repair(job: RepairJob, mayGrow: boolean): Promise<RepairReport | undefined> {
    const { source, stat } = job.original;
    const { dryRun } = this.#options;
    const survey = await this.#survey(job);
    const damaged = new DamagedFile(this.#fs, this.#file, source, stat, dryRun);
    if (survey.records === 0 && survey.malformed > 0 && !(await this.#keepsHeader(job, survey))) {
      throw unknownFormat(this.#file, "nothing in it could be saved: look at it by other means");
    }
    if (!survey.changes) return this.#report(job, survey, damaged, { size: stat.size });
    if (!dryRun) return this.#replace(job, survey, damaged, mayGrow);
    const output = new CountedOutput();
    await this.#write(job, survey, damaged, output);
    return this.#report(job, survey, damaged, output);
  }

  async #survey({ original: { source, stat }, from }: RepairJob): Promise<RepairSurvey> {
    const { mode, header, signal } = this.#options;
    const { maxEntries = MAX_ENTRIES, generateId = newEntryId } = this.#internals;
    const whole = mode === "salvage";
    const survey = new RepairSurvey(source, {
      header: whole && header === "required" && this.#format.headerType !== undefined,
      maxEntries: whole && this.#format.parentId !== undefined ? maxEntries : 0,
      generateId,
      signal,
    });
    const onProgress = (bytesDone: number) => this.#progress.report(bytesDone);
    const watch = new EncodingWatch(source, (extent) => survey.invalid.add(extent));
    // The end alone is repaired by what it lacks.
    const file = whole ? watch : source;
    await scanParts(file, { ...this.#scan(), from, to: stat.size, onProgress }, survey);
    if (whole) watch.finish();
    await survey.finish();
    if (survey.migration.tooNew) throw tooNew(this.#file, survey.migration.version);
    return survey;
  }

  /** Whether a file of which no record is whole keeps something all the same. */
  async #keepsHeader({ original, from }: RepairJob, survey: RepairSurvey): Promise<boolean> {
    if (from > 0) return true;
    return survey.headerMissing && beginsHeader(original.source, survey.remains);
  }

  /** The header that is put before everything, where there is none. */
  async #header(
    { source, stat }: Original,
    { headerMissing, remains, laterHeader }: RepairSurvey,
  ): Promise<AddedHeader | undefined> {
    if (!headerMissing) return undefined;
    const traces = () => sessionTraces(source, stat.size, this.#scan());
    return makeHeader(source, remains, laterHeader, traces, this.#options);
  }

  async #write(
    { original, from }: RepairJob,
    survey: RepairSurvey,
    damaged: DamagedFile,
    target: ReplacementOutput,
  ): Promise<void> {
    const { source, stat } = original;
    const header = await this.#header(original, survey);
    const output = new RewriteOutput(source, target, this.#options.signal);
    if (from > 0) output.copy({ start: 0, end: from });
    const gated = output.gatedSource;
    const flushing: OpenFile = {
      ...gated,
      read: async (buffer, offset, length, position) => {
        await damaged.flush();
        return gated.read(buffer, offset, length, position);
      },
    };
    const sinks = { output, damaged, changes: this.#changes, invalid: survey.invalid };
    const writer = new RepairWriter(sinks, new RepairLinks(survey), header);
    const onProgress = (bytesDone: number) => this.#progress.report(stat.size + bytesDone);
    await scanParts(flushing, { ...this.#scan(), from, to: stat.size, onProgress }, writer);
    await output.flush();
    await damaged.flush();
  }

  async #replace(
    job: RepairJob,
    survey: RepairSurvey,
    damaged: DamagedFile,
    mayGrow: boolean,
  ): Promise<RepairReport | undefined> {
    try {
      const rewritten = await rewriteFile(this.#fs, this.#file, this.#options, {
        work: "repair",
        original: job.original,
        format: this.#format,
        mayGrow,
        write: (output) => this.#write(job, survey, damaged, output),
        seal: () => damaged.seal(),
      });
      if (rewritten) return this.#report(job, survey, damaged, rewritten);
      await damaged.drop();
      return undefined;
    } catch (error) {
      await damaged.dropQuietly();
      throw error;
    }
  }

  #scan(): ScanOptions {
    const { maxChunkBytes = MAX_CHUNK_BYTES } = this.#internals;
    return { format: this.#format, maxChunkBytes, signal: this.#options.signal };
  }

  #report(
    { original: { stat } }: RepairJob,
    survey: RepairSurvey,
    damaged: DamagedFile,
    { size, backup, late }: Pick<Rewritten, "size"> & Partial<Rewritten>,
  ): RepairReport {
    const { mode, dryRun } = this.#options;
    return {
      file: this.#file,
      mode,
      dryRun,
      changed: survey.changes,
      changes: this.#changes.listed,
      movedBytes: damaged.bytes,
      linksChecked: survey.linksChecked,
      format: this.#format.name,
      bytesBefore: stat.size,
      bytesAfter: size,
      lateBytes: late ?? 0,
      ...(damaged.path !== undefined && { damagedFile: damaged.path }),
      ...(backup !== undefined && { backup }),
    };
  }
}

/** Where a dry run writes. */
class CountedOutput implements ReplacementOutput {
  size = 0;

  async write(buffer: Buffer): Promise<void> {
    this.size += buffer.length;
  }
}
