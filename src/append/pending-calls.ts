import { LeaflogError } from "../errors.js";
import { MAX_TIMEOUT_MS, type QueueOptions } from "../options.js";
import type { AppendCall } from "./append-call.js";

/**
 * Calls in one group commit: they are laid out in one slice of work, and acknowledged, which goes
 * on with as many callers, in another.
 */
const MAX_CALLS = 1024;

/**
 * The appends of one file that have not begun to be written, in the order of the calls. Those
 * within the queue's limits are accepted; the others wait for room behind them.
 */
export class PendingCalls {
  readonly #limits: Required<QueueOptions>;
  /** Rejects a call whose deadline passed; `accepted` tells whether there was room for it. */
  readonly #onExpired: (call: AppendCall, accepted: boolean) => void;
  #calls: AppendCall[] = [];
  /** Index of the oldest call; what stands before it is done. */
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

  /** The oldest call that still wants to be written. */
  get first(): AppendCall | undefined {
    this.#dropSettled();
    return this.#calls[this.#head];
  }

  /** Every call that still wants to be written, oldest first. */
  unsettled(): AppendCall[] {
    return this.#calls.slice(this.#head).filter((call) => !call.settled);
  }

  add(call: AppendCall): void {
    this.#calls.push(call);
    this.#listen(call);
    this.#accept();
    this.#arm(call.deadline);
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
        const fits = bytes + call.bytes <= this.#limits.maxBatchBytes && call.agreesWith(first);
        if (taken.length > 0 && (!fits || call.namesTarget)) break;
        if (taken.length === MAX_CALLS) break;
        taken.push(call);
        bytes += call.bytes;
        this.#unlisten(call);
      }
      this.#head += 1;
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
      this.#entries -= call.entries.length;
      this.#bytes -= call.bytes;
    }
    this.#accept();
  }

  #accept(): void {
    while (this.#accepted < this.#calls.length) {
      const call = this.#calls[this.#accepted] as AppendCall;
      const fits =
        this.#entries + call.entries.length <= this.#limits.maxEntries &&
        this.#bytes + call.bytes <= this.#limits.maxBytes;
      if (!call.settled && !fits && this.#entries > 0) return;
      if (!call.settled) {
        this.#entries += call.entries.length;
        this.#bytes += call.bytes;
      }
      this.#accepted += 1;
    }
  }

  #giveUp(index: number): void {
    const call = this.#calls[index] as AppendCall;
    this.#unlisten(call);
    if (index < this.#accepted) this.free([call]);
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
    for (let index = this.#head; index < this.#calls.length; index += 1) {
      const call = this.#calls[index] as AppendCall;
      if (call.settled || call.terms.signal !== signal) continue;
      call.reject(aborted(signal, call.terms.file));
      this.#giveUp(index);
    }
    this.#dropSettled();
  }

  #arm(deadline: number): void {
    if (deadline >= this.#timerAt) return;
    clearTimeout(this.#timer);
    this.#timerAt = deadline;
    const delay = Math.min(Math.max(0, Math.ceil(deadline - performance.now())), MAX_TIMEOUT_MS);
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
    const accepted = this.#accepted;
    let next = Number.POSITIVE_INFINITY;
    for (let index = this.#head; index < this.#calls.length; index += 1) {
      const call = this.#calls[index] as AppendCall;
      if (call.settled) continue;
      if (call.deadline > now) {
        next = Math.min(next, call.deadline);
        continue;
      }
      this.#onExpired(call, index < accepted);
      this.#giveUp(index);
    }
    this.#dropSettled();
    if (next < Number.POSITIVE_INFINITY) this.#arm(next);
  }

  #dropSettled(): void {
    while (this.#head < this.#calls.length && this.#calls[this.#head]?.settled) this.#head += 1;
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

/** The error of a call whose signal was aborted before it began to be written. */
export function aborted(signal: AbortSignal, file?: string): LeaflogError {
  return new LeaflogError("LEAFLOG_ABORTED", "aborted before writing began; nothing was written", {
    ...(file !== undefined && { file }),
    cause: signal.reason,
  });
}
