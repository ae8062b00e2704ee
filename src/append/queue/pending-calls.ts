import { MAX_TIMEOUT_MS } from "../../base/arguments.js";
import type { LeaflogError } from "../../base/errors.js";
import { aborted } from "../../base/failures.js";
import type { QueueOptions } from "../../options/queue-options.js";
import type { AppendCall } from "../call/append-call.js";

/**
 * Calls in one group commit: they are laid out in one slice of work, and acknowledged, which goes
 * on with as many callers, in another.
 */
const MAX_CALLS = 1024;

/**
 * Calls for which a timer waits another millisecond: each of its turns goes through all that are
 * pending, and those whose deadlines are that close are told together.
 */
const CALLS_PER_MS = 4096;

/**
 * The appends of one file that have not begun to be written, in the order of the calls. Those
 * within the queue's limits are accepted; the others wait for room behind them.
 */
export class PendingCalls {
  readonly #limits: Required<QueueOptions>;
  /** Rejects a call whose deadline passed; `accepted` tells whether there was room for it. */
  readonly #onExpired: (call: AppendCall, accepted: boolean) => void;
  #calls: (AppendCall | undefined)[] = [];
  /** Index of the oldest call; what stood before it is let go of: it may hold megabytes. */
  #head = 0;
  /** Index behind the youngest accepted call. */
  #accepted = 0;
  /** Entries and bytes that were accepted and are not settled yet. */
  #entries = 0;
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  /** Undefined as long as no call has one. */
  #bySignal: Map<AbortSignal, CallsOfSignal> | undefined;

  constructor(
    limits: Required<QueueOptions>,
    onExpired: (call: AppendCall, accepted: boolean) => void,
  ) {
    this.#limits = limits;
    this.#onExpired = onExpired;
  }

  /** Calls that still want to be written. Given-up ones may count until the next `take`. */
  get size(): number {
    return this.#calls.length - this.#head;
  }

  /** The oldest call that still wants to be written; undefined while its entries are not there. */
  get first(): AppendCall | undefined {
    this.#dropSettled();
    const oldest = this.#calls[this.#head];
    return oldest?.ready ? oldest : undefined;
  }

  /** Every call that still wants to be written, oldest first. */
  unsettled(): AppendCall[] {
    return this.#waiting().filter((call) => !call.settled);
  }

  add(call: AppendCall): void {
    this.#calls.push(call);
    this.#listen(call);
    this.#accept();
    this.#arm(call.deadline);
  }

  /** The entries of a call that was added without are there, or never will be. */
  completed(call: AppendCall, error?: LeaflogError): void {
    if (call.settled) return;
    if (error) {
      call.reject(error);
      this.#giveUp(call);
    } else if (call.accepted) this.#bytes += call.bytes;
  }

  /**
   * Takes the calls of the next group commit: the first, and those behind it that may share its
   * write. From here on neither signal nor deadline stops them.
   */
  take(): AppendCall[] {
    const first = this.first;
    const taken: AppendCall[] = [];
    if (first === undefined) return taken;
    let bytes = 0;
    while (this.#head < this.#accepted) {
      const call = this.#calls[this.#head] as AppendCall;
      if (!call.settled) {
        if (!call.ready) break;
        const fits = bytes + call.bytes <= this.#limits.maxBatchBytes && call.agreesWith(first);
        if (taken.length > 0 && (!fits || call.namesTarget)) break;
        if (taken.length === MAX_CALLS) break;
        taken.push(call);
        bytes += call.bytes;
        this.#unlisten(call);
      }
      this.#passHead();
      if (call.namesTarget && taken.length > 0) break;
    }
    this.#compact();
    return taken;
  }

  /**
   * To be called when there is nothing to do for a while. Up to then the timer stays as it is, for
   * the sooner deadline of a call that is done: to set it anew for each call costs more.
   */
  rest(): void {
    if (this.size === 0) this.#disarm();
  }

  /** Rejects all that has not been taken. */
  rejectAll(error: LeaflogError): void {
    for (const call of this.unsettled()) {
      call.reject(error);
      this.#unlisten(call);
    }
    this.#calls = [];
    this.#head = this.#accepted = this.#entries = this.#bytes = 0;
    this.#disarm();
  }

  /** Makes room: to be called once for every accepted call that is settled. */
  free(calls: readonly AppendCall[]): void {
    for (const call of calls) {
      this.#entries -= call.count;
      this.#bytes -= call.bytes;
    }
    this.#accept();
  }

  #accept(): void {
    while (this.#accepted < this.#calls.length) {
      const call = this.#calls[this.#accepted] as AppendCall;
      const fits =
        this.#entries + call.count <= this.#limits.maxEntries &&
        this.#bytes + call.bytes <= this.#limits.maxBytes;
      if (!call.settled && !fits && this.#entries > 0) return;
      if (!call.settled) {
        this.#entries += call.count;
        this.#bytes += call.bytes;
        call.accepted = true;
      }
      this.#accepted += 1;
    }
  }

  #giveUp(call: AppendCall): void {
    this.#unlisten(call);
    if (call.accepted) this.free([call]);
  }

  #waiting(): AppendCall[] {
    return this.#calls.slice(this.#head) as AppendCall[];
  }

  /** The oldest call is done, or on its way. */
  #passHead(): void {
    this.#calls[this.#head] = undefined;
    this.#head += 1;
  }

  #listen(call: AppendCall): void {
    const { signal } = call.terms;
    if (signal === undefined) return;
    this.#bySignal ??= new Map();
    let entry = this.#bySignal.get(signal);
    if (entry === undefined) {
      // One listener for all calls of a signal: EventTarget takes linear time to remove each.
      const onAbort = () => this.#abort(signal);
      signal.addEventListener("abort", onAbort, { once: true });
      entry = { calls: new Set(), forget: () => signal.removeEventListener("abort", onAbort) };
      this.#bySignal.set(signal, entry);
    }
    entry.calls.add(call);
  }

  #unlisten(call: AppendCall): void {
    const { signal } = call.terms;
    const entry = signal && this.#bySignal?.get(signal);
    if (signal === undefined || !entry?.calls.delete(call) || entry.calls.size > 0) return;
    entry.forget();
    this.#bySignal?.delete(signal);
  }

  #abort(signal: AbortSignal): void {
    // Those of this signal alone: a signal for each call would go through all calls for each.
    for (const call of [...(this.#bySignal?.get(signal)?.calls ?? [])]) {
      if (call.settled) continue;
      call.reject(aborted(signal, call.terms.file));
      this.#giveUp(call);
    }
    this.#dropSettled();
  }

  #arm(deadline: number): void {
    if (deadline >= this.#timerAt) return;
    clearTimeout(this.#timer);
    this.#timerAt = deadline;
    const leastMs = this.size / CALLS_PER_MS;
    const delay = Math.min(
      Math.ceil(Math.max(leastMs, deadline - performance.now())),
      MAX_TIMEOUT_MS,
    );
    this.#timer = setTimeout(() => this.#expire(), delay);
  }

  #disarm(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#timerAt = Number.POSITIVE_INFINITY;
  }

  #expire(): void {
    this.#disarm();
    const now = performance.now();
    let next = Number.POSITIVE_INFINITY;
    const expired: AppendCall[] = [];
    for (const call of this.#waiting()) {
      if (call.settled) continue;
      if (call.deadline <= now) expired.push(call);
      else next = Math.min(next, call.deadline);
    }
    // All of them before room is made: it comes too late for those that had none.
    for (const call of expired) this.#onExpired(call, call.accepted);
    for (const call of expired) this.#giveUp(call);
    this.#dropSettled();
    if (next < Number.POSITIVE_INFINITY) this.#arm(next);
  }

  #dropSettled(): void {
    while (this.#calls[this.#head]?.settled) this.#passHead();
    this.#accepted = Math.max(this.#accepted, this.#head);
    this.#compact();
  }

  #compact(): void {
    if (this.#head === 0) return;
    if (this.#head < this.#calls.length) {
      if (this.#head < 1024 || this.#head * 2 < this.#calls.length) return;
      this.#calls.splice(0, this.#head);
    } else this.#calls.length = 0;
    this.#accepted -= this.#head;
    this.#head = 0;
  }
}

interface CallsOfSignal {
  readonly calls: Set<AppendCall>;
  readonly forget: () => void;
}
