import { dirname } from "node:path";
import PQueue from "p-queue";
import type { TranscriptFormat } from "../entry/transcript-format.js";
import { LeaflogError } from "../errors.js";
import type { FileSystem } from "../file/file-system.js";
import { makeDirectory } from "../file/make-directory.js";
import type { ResolvedOptions } from "../options.js";
import type { AppendCall } from "./append-call.js";
import { Committer } from "./committer.js";
import type { FoundKeys } from "./idempotency/key-lookup.js";
import { KeyQuery } from "./idempotency/key-query.js";
import { Lease } from "./lease.js";
import type { MigrateOptions, MigrationReport } from "./migration/migration.js";
import { aborted, PendingCalls } from "./pending-calls.js";
import type { RepairOptions } from "./repair/repair-options.js";
import type { RepairReport } from "./repair/repair-report.js";
import type { Tail } from "./tail.js";
import { timeoutError } from "./timeout-error.js";
import { writeFailed } from "./transcript-file.js";
import { publishTranscriptUpdates } from "./transcript-updates.js";
import { untilBegun } from "./until-begun.js";

/** How often the lock is given back because there is much to be read for the keys of calls. */
const MAX_READS_AHEAD = 3;

/** Pending calls whose keys are looked into before the lock is taken for the first of them. */
const CALLS_AHEAD = 1024;

/** Terms of work that needs the lock for itself. */
export interface ExclusiveTerms {
  /** Milliseconds for the queue and the lock, not for the work. */
  readonly timeoutMs: number;
  /** Whether keys will be looked up in the course of it. */
  readonly keyed?: boolean | undefined;
  /** Gives it up, as long as nothing has begun to be written. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * All appending to one file in this process: one list of pending calls, one queue, one lock, one
 * descriptor, however many handles are open.
 */
export class TranscriptWriter {
  readonly path: string;
  readonly #fs: FileSystem;
  readonly #idleMs: number;
  /** One task a group commit; exclusive work (migration, sync, release) waits its turn in it. */
  readonly #queue = new PQueue({ concurrency: 1 });
  readonly #pending: PendingCalls;
  readonly #lease: Lease;
  readonly #committer: Committer;
  /** Whether a commit stands in the queue or runs: it looks for further calls when it ends. */
  #scheduled = false;
  #inFlight: readonly AppendCall[] = [];
  /** Whether any of the pending calls may have idempotency keys. */
  #keyed = false;
  #idleTimer: NodeJS.Timeout | undefined;

  constructor(fs: FileSystem, path: string, options: ResolvedOptions) {
    this.path = path;
    this.#fs = fs;
    this.#idleMs = options.lock.idleMs;
    this.#lease = new Lease(fs, path, options);
    this.#committer = new Committer(fs, path, this.#lease);
    this.#pending = new PendingCalls(options.queue, (call, accepted) =>
      call.reject(this.#timeoutError(call, accepted)),
    );
  }

  /** The end of the file as this process last saw it: a hint, to be verified. */
  get lastTail(): Tail | undefined {
    return this.#committer.lastTail;
  }

  /** See {@link Committer.useFormat}. */
  useFormat(format: TranscriptFormat): void {
    this.#committer.useFormat(format);
  }

  /** Set when a sync failed: from then on nothing is written. */
  get poison(): LeaflogError | undefined {
    return this.#committer.poison;
  }

  /** Puts a call in the queue. It is settled when written, refused or given up. */
  append(call: AppendCall): void {
    if (this.poison) {
      call.reject(this.poison);
      return;
    }
    this.#pending.add(call);
    if (call.keyed) this.#keyed = true;
    clearTimeout(this.#idleTimer);
    this.#schedule();
  }

  /** Waits until all that was appended before is settled, well or not. */
  async settle(): Promise<void> {
    const calls = [...this.#inFlight, ...this.#pending.unsettled()];
    await Promise.allSettled(calls.map((call) => call.done));
  }

  /**
   * Hands everything written so far to the medium.
   *
   * @throws LeaflogError `LEAFLOG_POISONED`
   */
  async sync(): Promise<void> {
    await this.settle();
    await this.#inTurn(async () => {
      if (!this.poison) await this.#committer.syncAll();
      if (this.poison) throw this.poison;
    });
  }

  /** Migrates the transcript under the lock, whatever its size. */
  migrate(
    options: Omit<MigrateOptions, "stillOwner">,
    terms: ExclusiveTerms,
  ): Promise<MigrationReport> {
    return this.#exclusively(terms, () => this.#committer.migrate(options));
  }

  /** Repairs the transcript under the lock. */
  repair(options: Omit<RepairOptions, "stillOwner">, terms: ExclusiveTerms): Promise<RepairReport> {
    return this.#exclusively(terms, () => this.#committer.repair(options));
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
    return this.#exclusively(
      terms,
      async () => {
        const before = await this.#committer.look();
        const { value, call } = await work(before);
        if (this.poison) throw this.poison;
        if (call === undefined) return value;
        const after = await this.#committer.look();
        if (after?.size !== before?.size || after?.leaf.leafId !== before?.leaf.leafId) {
          throw new LeaflogError(
            "LEAFLOG_LEAF_CONFLICT",
            "another program, without the lock, appended during the transaction; nothing was written: try again",
            {
              file: this.path,
              expected: before?.leaf.leafId ?? null,
              actual: after?.leaf.leafId ?? null,
            },
          );
        }
        const ground = await this.#committer.ground(call.terms.options);
        if (terms.signal?.aborted) throw aborted(terms.signal, this.path);
        await this.#committer.commit([call], ground);
        await call.done;
        return value;
      },
      () => (terms.keyed ? [new KeyQuery([], 0)] : []),
    );
  }

  /** What the file holds of some keys; for who has the lock and has looked. */
  async findHeld(query: KeyQuery): Promise<FoundKeys> {
    return this.#committer.findKeys([query]);
  }

  /** What the file holds of some keys, as seen with the lock held. */
  findKeys(query: KeyQuery, terms: ExclusiveTerms): Promise<FoundKeys> {
    const find = async () => {
      await this.#committer.look();
      return this.#committer.findKeys([query]);
    };
    return this.#exclusively(terms, find, () => [query]);
  }

  /** Gives back lock and descriptor. Nothing may be appended any more. */
  async close(): Promise<void> {
    await this.settle();
    clearTimeout(this.#idleTimer);
    await this.#queue.add(() => this.#release());
    clearTimeout(this.#idleTimer);
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    void this.#queue.add(() => this.#commit());
  }

  async #commit(): Promise<void> {
    // A turn of the microtask queue, so that what is appended in one breath joins the group.
    await Promise.resolve();
    try {
      const wanted = () => this.#pending.first !== undefined;
      const held = this.#keyed
        ? await this.#holdWithKeys(wanted, () => this.#pendingQueries())
        : await this.#hold(wanted);
      if (held) await this.#commitGroup();
    } catch (error) {
      this.#fail(error);
    }
    if (this.poison) this.#pending.rejectAll(this.poison);
    else this.#pending.free(this.#inFlight);
    this.#inFlight = [];
    const idle = this.#idleMs === 0 && this.#pending.size === 0;
    if (idle || this.#lease.spent || !this.#lease.held) await this.#releaseOrWarn();
    // No await from here on: a call that came in between would be forgotten.
    this.#scheduled = false;
    if (this.#pending.size > 0) {
      this.#schedule();
      return;
    }
    this.#keyed = false;
    this.#linger();
  }

  async #commitGroup(): Promise<void> {
    const first = this.#pending.first;
    if (!first) return;
    if (this.poison) throw this.poison;
    const ground = await this.#committer.ground(first.terms.options);
    this.#inFlight = this.#pending.take();
    if (this.#inFlight[0] === undefined) return;
    await this.#committer.commit(this.#inFlight, ground);
  }

  /** Work that waits its turn among the commits. */
  async #inTurn<T>(task: () => Promise<T>): Promise<T> {
    return this.#queue.add(async () => {
      try {
        return await task();
      } finally {
        if (!this.#scheduled) this.#linger();
      }
    });
  }

  /** Work that waits its turn and has the lock. */
  async #exclusively<T>(
    terms: ExclusiveTerms,
    work: () => Promise<T>,
    queries: () => readonly KeyQuery[] = () => [],
  ): Promise<T> {
    const { timeoutMs, signal } = terms;
    const startedAt = performance.now();
    const waited = () => Math.round(performance.now() - startedAt);
    const inTurn = (begin: () => void) =>
      this.#inTurn(async () => {
        if (this.poison) throw this.poison;
        const wanted = () => waited() < timeoutMs && !signal?.aborted;
        const held = await this.#holdWithKeys(wanted, queries);
        begin();
        if (held) return work();
        throw await this.#lease.timeoutError(waited());
      });
    return untilBegun(signal, this.path, inTurn);
  }

  async #hold(wanted: () => boolean): Promise<boolean> {
    for (;;) {
      if (await this.#lease.isOurs()) return true;
      await this.#committer.close();
      if (!(await this.#lease.take(wanted, () => this.#makeDirectory()))) return false;
    }
  }

  /**
   * Takes the lock when what there is to be read for idempotency keys is little: a large file is
   * gone through without it, up to the end that was seen with it, behind which alone a failed
   * write may be cut back.
   */
  async #holdWithKeys(wanted: () => boolean, queries: () => readonly KeyQuery[]): Promise<boolean> {
    const { keys } = this.#committer;
    for (let reads = 0; await this.#hold(wanted); reads += 1) {
      const asked = reads === MAX_READS_AHEAD ? [] : queries();
      if (asked.length === 0) return true;
      const tail = await this.#committer.look();
      if (tail === undefined || !keys.isBehind(asked, tail)) return true;
      await this.#release();
      await keys.readAhead(queries, tail, wanted);
    }
    return false;
  }

  #pendingQueries(): KeyQuery[] {
    const next = this.#pending.unsettled().slice(0, CALLS_AHEAD);
    return next.flatMap(({ keyed }) => keyed?.query ?? []);
  }

  async #makeDirectory(): Promise<void> {
    try {
      const touched = await makeDirectory(this.#fs, dirname(this.path));
      for (const directory of touched) this.#committer.madeNameIn(directory);
    } catch (cause) {
      throw writeFailed(this.path, "the transcript's directory cannot be made", cause, true);
    }
  }

  /** Keeps the lock for a moment, in case that more is to come. */
  #linger(): void {
    clearTimeout(this.#idleTimer);
    if (!this.#lease.held) return;
    this.#idleTimer = setTimeout(() => {
      if (!this.#scheduled) void this.#queue.add(() => this.#releaseOrWarn());
    }, this.#idleMs);
  }

  async #release(): Promise<void> {
    try {
      await this.#committer.close();
    } finally {
      await this.#lease.release();
      publishTranscriptUpdates(this.#committer.takeUpdates());
    }
  }

  async #releaseOrWarn(): Promise<void> {
    try {
      await this.#release();
    } catch (error) {
      // No call is left to be rejected; the lock, should it have stayed, goes stale.
      const why = error instanceof Error ? error.message : String(error);
      process.emitWarning(`the lock of ${this.path} was not given back: ${why}`, "LeaflogWarning");
    }
  }

  #fail(error: unknown): void {
    const cause = error instanceof LeaflogError ? error : undefined;
    const why = "the append failed before anything was written";
    const reason = cause ?? writeFailed(this.path, why, error, true);
    if (this.#inFlight.length === 0) this.#inFlight = this.#pending.take();
    for (const call of this.#inFlight) if (!call.settled) call.reject(reason);
  }

  #timeoutError(call: AppendCall, accepted: boolean): LeaflogError | Promise<LeaflogError> {
    const { waitedMs } = call;
    if (accepted && this.#lease.waiting) return this.#lease.timeoutError(waitedMs);
    return timeoutError(this.path, waitedMs, accepted);
  }
}
