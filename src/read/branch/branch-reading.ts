import type { EntryRecord } from "../../entry/entry.js";
import { memberAt } from "../../entry/member-at.js";
import type { TranscriptFormat } from "../../entry/transcript-format.js";
import type { FileToRead } from "../../file/file-system.js";
import type { LineFacts } from "../../scan/lines/line-facts.js";
import type { ScannedLine, ScanSteps } from "../../scan/lines/scanned-line.js";
import { scanRecordsBackward, startRecordsBackward } from "../../scan/records/scan-records.js";
import { meetEntry, UnreadEntry } from "../read-entry.js";
import { type BranchEnd, BranchWalk, continuesFrom, type Wanted } from "./branch-walk.js";

/** Larger reads gain little and leave more lines waiting in memory. */
const READ_BYTES = 262_144;

/** What to read, and how. */
export interface BranchPlan {
  readonly start: Wanted;
  /** Bytes of the file to look at, from its start. */
  readonly size: number;
  readonly maxEntryBytes: number;
  readonly format: TranscriptFormat;
  readonly untilCompaction: boolean;
  readonly signal: AbortSignal | undefined;
}

/**
 * Reads a branch, leaf to root, a chunk of the file at a time. Its lines are handed out as they
 * are, to be turned into entries one by one: thousands that wait for their turn are what a branch
 * of short entries would cost in memory.
 */
export class BranchReading {
  readonly #file: FileToRead;
  readonly #plan: BranchPlan;
  readonly #walk: BranchWalk;
  #scan: ScanSteps | undefined;
  /** Where the next scan ends, in bytes; undefined when there is none to come. */
  #nextTo: number | undefined;
  #block: ScannedLine[] = [];
  /** The entry on the branch that was met last. */
  #last: { readonly offset: number; readonly id: string | undefined } | undefined;
  #compaction: { readonly id: string | undefined; readonly firstKept: string } | undefined;
  /** A compaction whose body has to be read to know what it kept. */
  #unread: UnreadEntry | undefined;

  constructor(file: FileToRead, plan: BranchPlan) {
    this.#file = file;
    this.#plan = plan;
    this.#walk = new BranchWalk(plan.start);
    this.#nextTo = plan.size;
  }

  /**
   * The lines of the next chunk that has any on the branch, to be used before the next call;
   * undefined at its end.
   */
  async next(): Promise<readonly ScannedLine[] | undefined> {
    for (let more = true; more && this.#block.length === 0; ) more = await this.#advance();
    if (this.#block.length === 0) return undefined;
    const block = this.#block;
    this.#block = [];
    return block;
  }

  /** How it ended, once `next` has no more. */
  async end(): Promise<BranchEnd> {
    const end = this.#walk.end ?? { end: "root" };
    if (end.end !== "missing-parent" || end.id === undefined) return end;
    return (await this.#isOnBranch(end.id)) ? { ...end, end: "cycle" } : end;
  }

  async #advance(): Promise<boolean> {
    if (this.#scan === undefined) {
      if (this.#nextTo === undefined) return false;
      const { format, signal } = this.#plan;
      const options = { to: this.#nextTo, maxReadBytes: READ_BYTES, format, signal };
      this.#nextTo = undefined;
      this.#scan = await startRecordsBackward(this.#file, options, (line) => this.#see(line));
    }
    if (await this.#scan.step()) return true;
    this.#scan = undefined;
    if (this.#unread === undefined) {
      this.#nextTo = this.#walk.exhausted();
    } else {
      const compaction = this.#unread;
      this.#unread = undefined;
      this.#keep(await compaction.read(this.#file));
      if (this.#walk.end === undefined) this.#nextTo = compaction.offset;
    }
    return true;
  }

  #see(line: ScannedLine): boolean {
    if (!this.#walk.see(line)) return this.#walk.end === undefined;
    const facts = line.facts();
    this.#block.push(line);
    this.#last = { offset: line.offset, id: facts.id };
    if (this.#plan.untilCompaction) this.#lookForCompaction(line, facts);
    return this.#walk.end === undefined && this.#unread === undefined;
  }

  #lookForCompaction(line: ScannedLine, facts: LineFacts): void {
    if (this.#compaction !== undefined) {
      if (facts.id === this.#compaction.firstKept) this.#endWith(this.#compaction.id);
    } else if (facts.type === "compaction" || continuesFrom(facts).length > 0) {
      const met = meetEntry(line, this.#plan.maxEntryBytes, this.#plan.format);
      if (met instanceof UnreadEntry) this.#unread = met;
      else if (met !== undefined) this.#keep(met);
    }
  }

  /** Goes on to the first entry that the compaction, the last entry met, kept. */
  #keep({ entry }: EntryRecord): void {
    const id = this.#last?.id;
    const firstKept = entry && memberAt(entry, this.#plan.format.firstKept ?? []);
    if (typeof firstKept !== "string" || firstKept === id) this.#endWith(id);
    else this.#compaction = { id, firstKept };
  }

  #endWith(compaction: string | undefined): void {
    this.#walk.finish({ end: "compaction", ...(compaction !== undefined && { id: compaction }) });
  }

  /** Goes over the branch again, for what it lacks. */
  async #isOnBranch(id: string): Promise<boolean> {
    if (this.#last === undefined) return false;
    const { start, size, format, signal } = this.#plan;
    const { offset: from } = this.#last;
    const walk = new BranchWalk(start);
    let found = false;
    for (let to: number | undefined = size; to !== undefined && !found; to = walk.exhausted()) {
      await scanRecordsBackward(this.#file, { from, to, format, signal }, (line) => {
        found = walk.see(line) && line.facts().id === id;
        return !found && walk.end === undefined;
      });
    }
    return found;
  }
}

/** How many entries a branch has that begins there, and whether it ends at a root. */
export async function measureBranch(
  file: FileToRead,
  plan: Pick<BranchPlan, "start" | "size" | "format" | "signal">,
): Promise<{ readonly length: number; readonly whole: boolean }> {
  const reading = new BranchReading(file, { ...plan, maxEntryBytes: 0, untilCompaction: false });
  let length = 0;
  for (let block = await reading.next(); block; block = await reading.next()) {
    length += block.length;
  }
  return { length, whole: (await reading.end()).end === "root" };
}
