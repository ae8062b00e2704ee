import type { TranscriptFormat } from "../entry/transcript-format.js";
import type { FileStat } from "../file/file-stat.js";
import type { FileSystem, OpenFile } from "../file/file-system.js";
import { ensureOneName } from "../file/one-name.js";
import { ensureRegular } from "../file/regular-file.js";
import { replaceFile } from "../file/replace/replacement.js";
import type { ReplacementOutput } from "../file/replace/temporary-file.js";
import { Backup } from "./backup.js";
import { ensureStillOwner } from "./ensure-still-owner.js";
import { GaveWayError } from "./gave-way-error.js";
import { ensureLateOwner } from "./late-owner.js";
import { ReplacedFile } from "./replaced-file.js";

/** How often a rewrite starts over because another program wrote meanwhile. */
const MAX_RESTARTS = 5;

/** What a rewrite is called. */
export type RewriteWork = "migration" | "repair";

/** How the holder of a transcript's lock has it rewritten. */
export interface RewriteTerms {
  /** Whether to keep the file as it was under another name beside it. @default false */
  readonly backup?: boolean | undefined;
  /** Ends the rewrite, as long as the file has not been replaced. */
  readonly signal?: AbortSignal | undefined;
  /** Asked right before the file is replaced, and before late lines are carried over. */
  readonly stillOwner: () => Promise<boolean>;
  /**
   * Takes what was replaced, to watch it for late lines as long as the transcript is open. Without
   * it, it is looked at once.
   */
  readonly watch?: ((replaced: ReplacedFile) => Promise<void>) | undefined;
}

/** A file that is being rewritten, open to read: closed at the end, unless it is watched. */
export class Original {
  readonly source: OpenFile;
  readonly stat: FileStat;
  #isWatched = false;

  private constructor(source: OpenFile, stat: FileStat) {
    this.source = source;
    this.stat = stat;
  }

  /**
   * Hands it to `work`.
   *
   * @throws LeaflogError `LEAFLOG_HARD_LINKED`
   */
  static async with<T>(
    fs: FileSystem,
    file: string,
    work: (original: Original) => Promise<T>,
  ): Promise<T> {
    const source = await fs.open(file, "read");
    let original: Original | undefined;
    try {
      const stat = await source.stat();
      ensureRegular(stat);
      ensureOneName(file, stat);
      original = new Original(source, stat);
      return await work(original);
    } finally {
      if (original === undefined || !original.#isWatched) await source.close();
    }
  }

  /** From here on somebody else closes it. */
  leaveOpen(): void {
    this.#isWatched = true;
  }
}

/** What a rewrite comes to. */
export interface Rewritten {
  /** Bytes of the new file, late lines that came at once among them. */
  readonly size: number;
  readonly backup: string | undefined;
  /** Bytes of late lines that were carried over at once. */
  readonly late: number;
}

/** What is written in the place of an original, and how. */
export interface RewritePlan {
  readonly work: RewriteWork;
  readonly original: Original;
  readonly format: TranscriptFormat;
  /** Whether it is enough when the original has only grown: what is new is late then. */
  readonly mayGrow: boolean;
  readonly write: (output: ReplacementOutput) => Promise<void>;
  /** Done when all is written, before the original is replaced. */
  readonly seal?: () => Promise<void>;
}

/**
 * Rewrites a transcript: its new content takes its place in one step, a backup is made before that,
 * and what others write to the replaced file is carried over.
 *
 * @returns undefined when another program changed the file meanwhile: it is as that left it
 * @throws LeaflogError `LEAFLOG_WRITE_FAILED`, `LEAFLOG_LOCK_LOST`, what the plan throws, the
 * signal's reason; the file is as it was unless the message says otherwise
 */
export async function rewriteFile(
  fs: FileSystem,
  file: string,
  terms: RewriteTerms,
  plan: RewritePlan,
): Promise<Rewritten | undefined> {
  const { work, original, format, mayGrow } = plan;
  const { source, stat } = original;
  const replaced = await ReplacedFile.of(fs, file, { source, stat, format });
  if (replaced === undefined) return undefined;
  const backup = terms.backup ? new Backup(fs, file, stat, work) : undefined;
  try {
    const size = await replaceFile(fs, file, {
      original: { file: source, stat },
      mayGrow,
      write: plan.write,
      confirm: async () => {
        await plan.seal?.();
        await backup?.make(source, terms.signal);
        await ensureStillOwner(file, work, terms);
      },
    });
    if (size === undefined) {
      await backup?.drop();
      return undefined;
    }
    const late = await carryLateLines(file, terms, original, replaced);
    return { size: size + late, backup: backup?.path, late };
  } catch (error) {
    await backup?.dropQuietly();
    throw error;
  }
}

async function carryLateLines(
  file: string,
  { watch, stillOwner }: RewriteTerms,
  original: Original,
  replaced: ReplacedFile,
): Promise<number> {
  const writers = watch && (await replaced.writers());
  const isLast = watch === undefined || writers?.length === 0;
  if (!isLast) {
    original.leaveOpen();
    await watch(replaced);
  }
  return replaced.carryOver(() => ensureLateOwner(file, stillOwner), isLast);
}

/**
 * Makes attempts at a rewrite until one was not disturbed. The last one may be content with a file
 * that has only grown meanwhile.
 *
 * @throws GaveWayError `LEAFLOG_WRITE_FAILED`
 */
export async function withRestarts<T>(
  file: string,
  work: "migrate" | "repair",
  attempt: (isLast: boolean) => Promise<T | undefined>,
): Promise<T> {
  for (let restarts = 0; restarts <= MAX_RESTARTS; restarts += 1) {
    const done = await attempt(restarts === MAX_RESTARTS);
    if (done !== undefined) return done;
  }
  throw new GaveWayError(
    "LEAFLOG_WRITE_FAILED",
    `other programs changed the transcript during each of ${MAX_RESTARTS + 1} attempts to ${work} it; it is as they left it: stop them, then try again`,
    { file },
  );
}
