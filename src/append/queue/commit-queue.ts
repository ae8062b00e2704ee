import { AsyncResource } from "node:async_hooks";
import type { LeaflogError } from "../../base/errors.js";
import { appendFailed } from "../../base/failures.js";
import { SerialQueue } from "../../base/serial-queue.js";
import type { KeyQuery } from "../../keys/key-query.js";
import type { ResolvedOptions } from "../../options/options.js";
import type { Tail } from "../../scan/end/tail.js";
import type { AppendCall } from "../call/append-call.js";
import type { Found } from "../commit/commit-base.js";
import type { Committer } from "../commit/committer.js";
import type { ExclusiveTerms } from "../commit/exclusive-terms.js";
import { foundIfOurs } from "../commit/found-if-ours.js";
import type { HeldFile } from "../held/held-file.js";
import { timeoutError as timeoutErrorOf } from "../held/timeout-error.js";
import { IdleHold } from "./idle-hold.js";
import { PendingCalls } from "./pending-calls.js";
import { untilBegun } from "./until-begun.js";

/** Pending calls whose keys are looked into before the lock is taken for the first of them. */
const CALLS_AHEAD = 1024;

const NONE: readonly AppendCall[] = [];

/**
 * What is to be done with one file, one after another: pending calls, committed in groups, and work
 * that has the lock for itself, which comes after the commit that is under way.
 */
export class CommitQueue {
  readonly #path: string;
  readonly #held: HeldFile;
  readonly #committer: Committer;
  /** One task a row of group commits, one a piece of exclusive work. */
  readonly #tasks = new SerialQueue();
  readonly #pending: PendingCalls;
  readonly #idle: IdleHold;
  /** Whether commits stand in the queue or run: they look for further calls before they end. */
  #draining = false;
  #inFlight: readonly AppendCall[] = NONE;
  /** Calls in the queue that are being given their entries; undefined as long as none was. */
  #completing: Set<Promise<void>> | undefined;
  /** Whether any of the pending calls may have idempotency keys. */
  #keyed = false;

  constructor(path: string, options: ResolvedOptions, held: HeldFile, committer: Committer) {
    this.#path = path;
    this.#held = held;
    this.#committer = committer;
    this.#idle = new IdleHold(options.lock.idleMs);
    this.#pending = new PendingCalls(options.queue, (call, accepted) =>
      call.reject(this.#timeoutError(call, accepted)),
    );
  }

  /** Puts a call in the queue. It is settled when written, refused or given up. */
  append(call: AppendCall): void {
    const { poison } = this.#committer;
    if (poison) {
      call.reject(poison);
      return;
    }
    this.#pending.add(call);
    if (call.ready) this.#wake(call);
  }

  /**
   * Puts a call in the queue whose entries are not there yet, and keeps its place for them: what is
   * called later comes behind it.
   *
   * @param complete gives the call its entries, unless it is settled before
   */
  appendLater(call: AppendCall, complete: () => Promise<void>): void {
    this.append(call);
    const completing = complete()
      .then(
        () => this.#pending.completed(call),
        (error: unknown) => this.#pending.completed(call, appendFailed(this.#path, error)),
      )
      .finally(() => {
        this.#completing?.delete(completing);
        this.#wake(call);
      });
    this.#completing ??= new Set();
    this.#completing.add(completing);
  }

  /** There may be something to write. */
  #wake(call: AppendCall): void {
    if (call.keyed) this.#keyed = true;
    if (this.#draining) this.#idle.wake();
    else this.#drainLater();
  }

  /** Waits until all that was appended before is settled, well or not. */
  async settle(): Promise<void> {
    const calls = [...this.#inFlight, ...this.#pending.unsettled()];
    await Promise.allSettled(calls.map((call) => call.done));
  }

  /** Work that waits its turn among the commits; the lock is kept for a while after it. */
  work<T>(task: () => Promise<T>): Promise<T> {
    return this.#enqueue(async () => {
      try {
        return await task();
      } finally {
        if (this.#held.held && !this.#draining) this.#drainLater();
      }
    });
  }

  /**
   * The same, with the lock held.
   *
   * @param queries what will be asked for of the file's keys
   * @throws LeaflogError `LEAFLOG_ABORTED`, `LEAFLOG_TIMEOUT`, `LEAFLOG_LOCK_TIMEOUT`,
   * `LEAFLOG_LOCK_FAILED`, `LEAFLOG_POISONED`; what `task` throws
   */
  exclusively<T>(
    terms: ExclusiveTerms,
    task: () => Promise<T>,
    queries: () => readonly KeyQuery[] = () => [],
  ): Promise<T> {
    const { timeoutMs, signal } = terms;
    const startedAt = performance.now();
    const waited = () => Math.round(performance.now() - startedAt);
    // The caller's functions run in the caller's context, whoever the queue runs for just now.
    const ownTask = AsyncResource.bind(task);
    let isTurn = false;
    const timeoutError = async () =>
      isTurn && this.#held.waiting
        ? this.#held.timeoutError(waited())
        : timeoutErrorOf(this.#path, waited(), true);
    const work = (begin: () => void) =>
      this.work(async () => {
        isTurn = true;
        const { poison } = this.#committer;
        if (poison) throw poison;
        const wanted = () => waited() < timeoutMs && !signal?.aborted;
        const held = await this.#holdForKeys(wanted, queries);
        begin();
        if (held) return ownTask();
        throw await this.#held.timeoutError(waited());
      });
    // It does not overtake what was called before.
    const inTurn = async (begin: () => void) => {
      await Promise.all(this.#completing ?? []);
      return work(begin);
    };
    const run = this.#completing?.size ? inTurn : work;
    return untilBegun({ signal, timeoutMs, timeoutError }, this.#path, run);
  }

  /** Gives file and lock back when its turn has come. */
  release(): Promise<void> {
    return this.#enqueue(() => {
      this.#committer.keys.letGo();
      return this.#held.release();
    });
  }

  /** Puts a task in the queue, for which the lock is no longer kept idle. */
  #enqueue<T>(task: () => Promise<T>): Promise<T> {
    const done = this.#tasks.add(task);
    this.#idle.end();
    return done;
  }

  #drainLater(): void {
    this.#draining = true;
    void this.#tasks.add(() => this.#drain());
  }

  /**
   * Commits one group after another until others wait for their turn, or nothing more comes while
   * the lock is kept idle; then the lock is given back.
   */
  async #drain(): Promise<void> {
    // A turn of the microtask queue, so that what is appended in one breath joins the group.
    await Promise.resolve();
    do {
      if (this.#pending.first) await this.#commit();
    } while (this.#tasks.waiting === 0 && (this.#pending.first || (await this.#hasMore())));
    this.#idle.stop();
    // No await up to here since the last look: a call that came in between would be forgotten.
    this.#draining = false;
    if (this.#pending.first) {
      this.#drainLater();
      return;
    }
    this.#pending.rest();
    // Whoever waits for a turn goes on with the lock as it is.
    if (this.#tasks.waiting === 0) await this.#giveBack();
  }

  /** Whether there is more to write before the lock is to be given back. */
  async #hasMore(): Promise<boolean> {
    this.#keyed = false;
    return this.#held.held && (await this.#idle.wait());
  }

  #giveBack(): Promise<void> {
    this.#committer.keys.letGo();
    return this.#held.releaseOrWarn();
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
    const { poison } = this.#committer;
    if (poison) this.#pending.rejectAll(poison);
    else this.#pending.free(this.#inFlight);
    this.#inFlight = NONE;
    const isOver = this.#held.spent || !this.#held.held || this.#committer.isFull;
    if (isOver) await this.#giveBack();
  }

  /** The file as it is, where the lock is held still. */
  #findHeldFile(): Found | undefined | Promise<Found | undefined> {
    const { first } = this.#pending;
    const { poison, rewrites } = this.#committer;
    if (!first || first.namesTarget || this.#keyed || poison || !this.#held.held) return undefined;
    // Before late lines are carried over the lock has to be known to be ours.
    if (rewrites.late.watching) return undefined;
    return foundIfOurs(
      () => this.#committer.finder.find(),
      () => this.#held.isOurs(),
    );
  }

  /** The same for who takes the lock first; undefined when nothing is to be written any more. */
  async #findFile(): Promise<Found | undefined> {
    if (!(await this.#hold()) || !this.#pending.first) return undefined;
    const { poison, rewrites } = this.#committer;
    if (poison) throw poison;
    await rewrites.carryLateLines();
    return this.#committer.finder.find();
  }

  #hold(): Promise<boolean> {
    const { targets } = this.#committer;
    const wanted = () => this.#pending.first !== undefined;
    if (!this.#pending.first?.namesTarget) {
      return this.#holdForKeys(wanted, () => (this.#keyed ? this.#pendingQueries() : []));
    }
    const isAsked = () =>
      this.#pending.first?.namesTarget === true || this.#pendingQueries().length > 0;
    return this.#held.takeAhead(wanted, isAsked, (tail) => {
      const { first } = this.#pending;
      if (first?.namesTarget && targets.isBehind(first, tail)) {
        // Who gave it up shall not have the others wait for what it named.
        return () => targets.readAhead(first, tail, () => this.#pending.first === first);
      }
      return this.#keysAhead(tail, wanted, () => this.#pendingQueries());
    });
  }

  #holdForKeys(wanted: () => boolean, queries: () => readonly KeyQuery[]): Promise<boolean> {
    const isAsked = () => queries().length > 0;
    return this.#held.takeAhead(wanted, isAsked, (tail) => this.#keysAhead(tail, wanted, queries));
  }

  /** What of the keys is to be read without the lock, where that is much. */
  #keysAhead(
    tail: Tail,
    wanted: () => boolean,
    queries: () => readonly KeyQuery[],
  ): (() => Promise<boolean>) | undefined {
    const { keys } = this.#committer;
    if (!keys.isBehind(queries(), tail)) return undefined;
    return async () => {
      await keys.readAhead(queries, tail, wanted);
      return true;
    };
  }

  #pendingQueries(): KeyQuery[] {
    const next = this.#pending.unsettled().slice(0, CALLS_AHEAD);
    return next.flatMap(({ keyed }) => keyed?.query ?? []);
  }

  #fail(error: unknown): void {
    const reason = appendFailed(this.#path, error);
    if (this.#inFlight.length === 0) this.#inFlight = this.#pending.take();
    for (const call of this.#inFlight) if (!call.settled) call.reject(reason);
  }

  #timeoutError(call: AppendCall, accepted: boolean): LeaflogError | Promise<LeaflogError> {
    const { waitedMs } = call;
    if (accepted && this.#held.waiting) return this.#held.timeoutError(waitedMs);
    return timeoutErrorOf(this.#path, waitedMs, accepted);
  }
}
