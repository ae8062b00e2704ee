import { LeaflogError } from "../../base/errors.js";
import { aborted } from "../../base/failures.js";
import type { TranscriptFormat } from "../../entry/transcript-format.js";
import type { FileSystem } from "../../file/file-system.js";
import { lookBy } from "../../file/look.js";
import type { FoundKeys } from "../../keys/key-lookup.js";
import { KeyQuery } from "../../keys/key-query.js";
import type { MigrateOptions, MigrationReport } from "../../migration/migration.js";
import type { ResolvedOptions } from "../../options/options.js";
import type { RepairOptions } from "../../repair/repair-options.js";
import type { RepairReport } from "../../repair/repair-report.js";
import type { Tail } from "../../scan/end/tail.js";
import type { AppendCall } from "../call/append-call.js";
import { Committer } from "../commit/committer.js";
import type { ExclusiveTerms } from "../commit/exclusive-terms.js";
import type { Rewrites } from "../commit/rewrites.js";
import { HeldFile } from "../held/held-file.js";
import { slotTimeout } from "../held/timeout-error.js";
import { CommitQueue } from "./commit-queue.js";
import { Parking } from "./parking.js";

/**
 * All appending to one file in this process: one queue, one lock, one descriptor, however many
 * handles are open.
 */
export class TranscriptWriter {
  readonly path: string;
  readonly #held: HeldFile;
  readonly #committer: Committer;
  readonly #queue: CommitQueue;
  /** Made when it is first wanted, as few transcripts ever do. */
  #ownParking: Parking | undefined;
  readonly #timeoutMs: number;

  constructor(fs: FileSystem, path: string, options: ResolvedOptions) {
    this.path = path;
    const look = lookBy(fs, options.look);
    this.#held = new HeldFile(fs, path, options, look, () => this.#committer.publish());
    this.#committer = new Committer(fs, path, this.#held);
    this.#queue = new CommitQueue(path, options, this.#held, this.#committer);
    this.#timeoutMs = options.lock.timeoutMs;
  }

  get #parking(): Parking {
    this.#ownParking ??= new Parking(this.#committer, this.#held);
    return this.#ownParking;
  }

  /** The end of the file as this process last saw it: a hint, to be verified. */
  get lastTail(): Tail | undefined {
    return this.#committer.lastTail;
  }

  /** See {@link BaseFinder.useFormat}. */
  useFormat(format: TranscriptFormat): void {
    this.#committer.finder.useFormat(format);
  }

  /** Set when a sync failed: from then on nothing is written. */
  get poison(): LeaflogError | undefined {
    return this.#committer.poison;
  }

  /** Puts a call in the queue. It is settled when written, refused or given up. */
  append(call: AppendCall): void {
    this.#queue.append(call);
  }

  /** See {@link CommitQueue.appendLater}. */
  appendLater(call: AppendCall, complete: () => Promise<void>): void {
    this.#queue.appendLater(call, complete);
  }

  /** Waits until all that was appended before is settled, well or not. */
  settle(): Promise<void> {
    return this.#queue.settle();
  }

  /**
   * Hands everything written so far to the medium.
   *
   * @throws LeaflogError `LEAFLOG_POISONED`
   */
  async sync(): Promise<void> {
    await this.settle();
    await this.#queue.work(async () => {
      if (!this.poison) await this.#committer.syncAll();
      if (this.poison) throw this.poison;
    });
  }

  /** Migrates the transcript under the lock, whatever its size. */
  migrate(
    options: Omit<MigrateOptions, "stillOwner" | "watch">,
    terms: ExclusiveTerms,
  ): Promise<MigrationReport> {
    return this.#rewrite(terms, (rewrites) => rewrites.migrate(options));
  }

  /** Repairs the transcript under the lock. */
  repair(
    options: Omit<RepairOptions, "stillOwner" | "watch">,
    terms: ExclusiveTerms,
  ): Promise<RepairReport> {
    return this.#rewrite(terms, (rewrites) => rewrites.repair(options));
  }

  /** What others go on writing to files that rewrites replaced, here until {@link close}. */
  get late(): Rewrites["late"] {
    return this.#committer.rewrites.late;
  }

  /** Carries late lines over. Every look with the lock held does so. */
  carryLateLines(terms: ExclusiveTerms): Promise<void> {
    return this.#queue.exclusively(terms, () => this.#committer.rewrites.carryLateLines());
  }

  #rewrite<T>(terms: ExclusiveTerms, work: (rewrites: Rewrites) => Promise<T>): Promise<T> {
    return this.#queue.exclusively(terms, async () => {
      const { rewrites } = this.#committer;
      await rewrites.carryLateLines();
      await this.#committer.close();
      return work(rewrites);
    });
  }

  /**
   * Runs `work` with the lock held and writes what it staged.
   *
   * @throws LeaflogError `LEAFLOG_LEAF_CONFLICT` when a program without the lock appended meanwhile;
   * nothing is written then, nor when `work` throws
   */
  transact<T>(
    terms: ExclusiveTerms,
    work: (tail: Tail | undefined) => Promise<{ value: T; call: AppendCall | undefined }>,
  ): Promise<T> {
    const { timeoutMs, signal } = terms;
    let begunAt = performance.now();
    let waitedMs = 0;
    const waited = () => Math.round(waitedMs + performance.now() - begunAt);
    // The time of the work itself is not counted.
    const parking = {
      wanted: () => waited() < timeoutMs && !signal?.aborted,
      refusal: () =>
        signal?.aborted ? aborted(signal, this.path) : slotTimeout(this.path, waited()),
    };
    return this.#queue.exclusively(
      terms,
      async () => {
        await this.#committer.rewrites.carryLateLines();
        const before = await this.#committer.look();
        waitedMs = waited();
        const untilDone = () =>
          work(before).finally(() => {
            begunAt = performance.now();
          });
        const { value, call } = await this.#parking.during(untilDone, parking);
        if (this.poison) throw this.poison;
        if (call === undefined) return value;
        const ensureAsBefore = (after: Tail | undefined): void => {
          const isSame = after?.size === before?.size && after?.leaf.leafId === before?.leaf.leafId;
          if (!isSame) throw this.#interrupted(before, after);
        };
        ensureAsBefore(await this.#committer.look());
        const found = await this.#committer.finder.find();
        if (terms.signal?.aborted) throw aborted(terms.signal, this.path);
        await this.#committer.commit([call], found, ensureAsBefore);
        await call.done;
        return value;
      },
      () => (terms.keyed ? [new KeyQuery([], 0)] : []),
    );
  }

  #interrupted(before: Tail | undefined, after: Tail | undefined): LeaflogError {
    return new LeaflogError(
      "LEAFLOG_LEAF_CONFLICT",
      "another program, without the lock, appended during the transaction; nothing was written: try again",
      {
        file: this.path,
        expected: before?.leaf.leafId ?? null,
        actual: after?.leaf.leafId ?? null,
      },
    );
  }

  /** What the file holds of some keys; for who has the lock and has looked. */
  async findHeld(query: KeyQuery): Promise<FoundKeys> {
    return this.#parking.use(() => this.#committer.findKeys([query]));
  }

  /** What the file holds of some keys, as seen with the lock held. */
  findKeys(query: KeyQuery, terms: ExclusiveTerms): Promise<FoundKeys> {
    const find = async () => {
      await this.#committer.look();
      return this.#committer.findKeys([query]);
    };
    return this.#queue.exclusively(terms, find, () => [query]);
  }

  /**
   * Gives back lock and descriptors, those of replaced files too unless somebody uses the writer
   * again.
   */
  async close(isUnused: () => boolean): Promise<void> {
    await this.settle();
    try {
      await this.endLateLines(isUnused);
    } finally {
      await this.#queue.release();
      this.#committer.keys.close();
    }
  }

  /**
   * Carries late lines over for the last time, unless somebody uses the writer who goes on watching.
   *
   * @throws LeaflogError `LEAFLOG_LOCK_TIMEOUT`, `LEAFLOG_LOCK_LOST`, `LEAFLOG_WRITE_FAILED`: then
   * what was not carried over is lost
   */
  async endLateLines(isUnused: () => boolean): Promise<void> {
    if (!this.late.watching) return;
    await this.#queue.work(async () => {
      if (isUnused()) await this.#endLateLines();
    });
  }

  async #endLateLines(): Promise<void> {
    try {
      if (!(await this.late.hasMore(true))) return;
      const startedAt = performance.now();
      const waited = () => Math.round(performance.now() - startedAt);
      const held = await this.#held.take(() => waited() < this.#timeoutMs);
      if (!held) throw await this.#held.timeoutError(waited());
      await this.#committer.rewrites.endLateLines();
    } finally {
      await this.late.drop();
    }
  }
}
