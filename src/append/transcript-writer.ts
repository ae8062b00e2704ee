import { AsyncResource } from "node:async_hooks";
import type { TranscriptFormat } from "../entry/transcript-format.js";
import { LeaflogError } from "../errors.js";
import type { FileSystem } from "../file/file-system.js";
import { lookBy } from "../file/look.js";
import type { ResolvedOptions } from "../options.js";
import type { AppendCall } from "./append-call.js";
import { Committer } from "./committer.js";
import type { Found } from "./ground.js";
import { Holding } from "./holding.js";
import type { FoundKeys } from "./idempotency/key-lookup.js";
import { KeyQuery } from "./idempotency/key-query.js";
import { Lease } from "./lease.js";
import { Linger } from "./linger.js";
import type { MigrateOptions, MigrationReport } from "./migration/migration.js";
import { Parking } from "./parking.js";
import { aborted, PendingCalls } from "./pending-calls.js";
import type { RepairOptions } from "./repair/repair-options.js";
import type { RepairReport } from "./repair/repair-report.js";
import type { Rewrites } from "./rewrites.js";
import type { Tail } from "./tail.js";
import { timeoutError as timeoutErrorOf } from "./timeout-error.js";
import { writeFailed } from "./transcript-file.js";
import { Turns } from "./turns.js";
import { untilBegun } from "./until-begun.js";

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

const NONE: readonly AppendCall[] = [];

/**
 * All appending to one file in this process: one list of pending calls, one queue, one lock, one
 * descriptor, however many handles are open.
 */
export class TranscriptWriter {
  readonly path: string;
  /**
   * One task a row of group commits; exclusive work (migration, sync, release) waits its turn in it,
   * which comes after the commit that is under way.
   */
  readonly #turns = new Turns();
  readonly #pending: PendingCalls;
  readonly #lease: Lease;
  readonly #committer: Committer;
  readonly #holding: Holding;
  readonly #linger: Linger;
  readonly #parking: Parking;
  readonly #timeoutMs: number;
  /** Whether commits stand in the queue or run: they look for further calls before they end. */
  #draining = false;
  #inFlight: readonly AppendCall[] = NONE;
  /** Whether any of the pending calls may have idempotency keys. */
  #keyed = false;

  constructor(fs: FileSystem, path: string, options: ResolvedOptions) {
    this.path = path;
    const look = lookBy(fs, options.look);
    this.#lease = new Lease(fs, path, options, look);
    this.#committer = new Committer(fs, path, this.#lease, look);
    this.#holding = new Holding(fs, path, this.#lease, this.#committer);
    this.#linger = new Linger(options.lock.idleMs);
    this.#parking = new Parking(this.#committer, this.#lease);
    this.#timeoutMs = options.lock.timeoutMs;
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
    if (this.#draining) this.#linger.wake();
    else this.#drainInTurn();
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
    return this.#exclusively(terms, () => this.#committer.rewrites.carryLateLines());
  }

  #rewrite<T>(terms: ExclusiveTerms, work: (rewrites: Rewrites) => Promise<T>): Promise<T> {
    return this.#exclusively(terms, async () => {
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
    return this.#exclusively(
      terms,
      async () => {
        await this.#committer.rewrites.carryLateLines();
        const before = await this.#committer.look();
        const { value, call } = await this.#parking.during(() => work(before));
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
        const found = await this.#committer.find();
        if (terms.signal?.aborted) throw aborted(terms.signal, this.path);
        await this.#committer.commit([call], found);
        await call.done;
        return value;
      },
      () => (terms.keyed ? [new KeyQuery([], 0)] : []),
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
    return this.#exclusively(terms, find, () => [query]);
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
      await this.#enqueue(() => this.#holding.release());
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
    await this.#inTurn(async () => {
      if (isUnused()) await this.#endLateLines();
    });
  }

  async #endLateLines(): Promise<void> {
    try {
      if (!(await this.late.hasMore(true))) return;
      const startedAt = performance.now();
      const waited = () => Math.round(performance.now() - startedAt);
      const held = await this.#holding.take(() => waited() < this.#timeoutMs);
      if (!held) throw await this.#lease.timeoutError(waited());
      await this.#committer.rewrites.endLateLines();
    } finally {
      await this.late.drop();
    }
  }

  /** Puts a task in the queue, which commits that only linger make way for. */
  #enqueue<T>(task: () => Promise<T>): Promise<T> {
    const done = this.#turns.take(task);
    this.#linger.end();
    return done;
  }

  #drainInTurn(): void {
    this.#draining = true;
    void this.#turns.take(() => this.#drain());
  }

  /**
   * Commits one group after another until others wait for their turn, or nothing more comes while
   * the lock lingers; then the lock is given back.
   */
  async #drain(): Promise<void> {
    // A turn of the microtask queue, so that what is appended in one breath joins the group.
    await Promise.resolve();
    do {
      if (this.#pending.size > 0) await this.#commit();
    } while (this.#turns.waiting === 0 && (this.#pending.size > 0 || (await this.#lingers())));
    this.#linger.stop();
    // No await up to here since the last look: a call that came in between would be forgotten.
    this.#draining = false;
    if (this.#pending.size > 0) {
      this.#drainInTurn();
      return;
    }
    this.#pending.rest();
    // Whoever waits for a turn goes on with the lock as it is.
    if (this.#turns.waiting === 0) await this.#holding.releaseOrWarn();
  }

  /** Whether there is more to write before the lock is to be given back. */
  async #lingers(): Promise<boolean> {
    this.#keyed = false;
    return this.#lease.held && (await this.#linger.wait());
  }

  async #commit(): Promise<void> {
    try {
      const held = this.#findHeldFile();
      // Not awaited where it is there: nothing is to come between the look and the write.
      const found = (held instanceof Promise ? await held : held) ?? (await this.#findFile());
      if (found) {
        this.#inFlight = this.#pending.take();
        if (this.#inFlight.length > 0) await this.#committer.commit(this.#inFlight, found);
      }
    } catch (error) {
      this.#fail(error);
    }
    if (this.poison) this.#pending.rejectAll(this.poison);
    else this.#pending.free(this.#inFlight);
    this.#inFlight = NONE;
    const isOver = this.#lease.spent || !this.#lease.held || this.#committer.isFull;
    if (isOver) await this.#holding.releaseOrWarn();
  }

  /** The file as it is, where the lock is held still. */
  #findHeldFile(): Found | undefined | Promise<Found | undefined> {
    const { first } = this.#pending;
    if (!first || first.namesTarget || this.#keyed || this.poison || !this.#lease.held)
      return undefined;
    // Before late lines are carried over the lock has to be known to be ours.
    if (this.late.watching) return undefined;
    const found = attempt(() => this.#committer.find());
    const isOurs = attempt(() => this.#lease.isOurs());
    if (found instanceof Promise || isOurs instanceof Promise) {
      return this.#foundIfOurs(found, isOurs);
    }
    return isOurs ? found : undefined;
  }

  /** Both looks at once: one after the other would take as long as the write. */
  async #foundIfOurs(
    looked: Found | Promise<Found>,
    owner: boolean | Promise<boolean>,
  ): Promise<Found | undefined> {
    const [found, isOurs] = await Promise.allSettled([looked, owner]);
    if (isOurs.status === "rejected") throw isOurs.reason;
    // Who lost the lock has found nothing that counts.
    if (!isOurs.value) return undefined;
    if (found.status === "rejected") throw found.reason;
    return found.value;
  }

  /** The same for who takes the lock first; undefined when nothing is to be written any more. */
  async #findFile(): Promise<Found | undefined> {
    if (!(await this.#hold()) || !this.#pending.first) return undefined;
    if (this.poison) throw this.poison;
    await this.#committer.rewrites.carryLateLines();
    return this.#committer.find();
  }

  #hold(): Promise<boolean> {
    const wanted = () => this.#pending.first !== undefined;
    if (!this.#keyed && !this.#pending.first?.namesTarget) return this.#holding.take(wanted);
    const { keys, targets } = this.#committer;
    const isAsked = () =>
      this.#pending.first?.namesTarget === true || this.#pendingQueries().length > 0;
    return this.#holding.takeAhead(wanted, isAsked, (tail) => {
      const { first } = this.#pending;
      if (first?.namesTarget && targets.isBehind(first, tail)) {
        // Who gave it up shall not have the others wait for what it named.
        return () => targets.readAhead(first, tail, () => this.#pending.first === first);
      }
      const queries = () => this.#pendingQueries();
      if (!this.#keyed || !keys.isBehind(queries(), tail)) return undefined;
      return async () => {
        await keys.readAhead(queries, tail, wanted);
        return true;
      };
    });
  }

  /** Work that waits its turn among the commits. */
  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    return this.#enqueue(async () => {
      try {
        return await task();
      } finally {
        // The lock lingers, and is given back.
        if (this.#lease.held && !this.#draining) this.#drainInTurn();
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
    // What goes on with the caller's functions does so in the caller's context, not in that of
    // whoever the queue runs for just now.
    const ownWork = AsyncResource.bind(work);
    let isTurn = false;
    const timeoutError = async () =>
      isTurn && this.#lease.waiting
        ? this.#lease.timeoutError(waited())
        : timeoutErrorOf(this.path, waited(), true);
    const inTurn = (begin: () => void) =>
      this.#inTurn(async () => {
        isTurn = true;
        if (this.poison) throw this.poison;
        const wanted = () => waited() < timeoutMs && !signal?.aborted;
        const held = await this.#holding.takeWithKeys(wanted, queries);
        begin();
        if (held) return ownWork();
        throw await this.#lease.timeoutError(waited());
      });
    return untilBegun({ signal, timeoutMs, timeoutError }, this.path, inTurn);
  }

  #pendingQueries(): KeyQuery[] {
    const next = this.#pending.unsettled().slice(0, CALLS_AHEAD);
    return next.flatMap(({ keyed }) => keyed?.query ?? []);
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
    return timeoutErrorOf(this.path, waitedMs, accepted);
  }
}

/** What `work` returns; what it throws becomes what a promise rejects with. */
function attempt<T>(work: () => T | Promise<T>): T | Promise<T> {
  try {
    return work();
  } catch (error) {
    return Promise.reject(error);
  }
}
