import { afterEach, expect, test, vi } from "vitest";
import { AppendCall, inOrder } from "../../src/append/call/append-call.js";
import { PendingCalls } from "../../src/append/queue/pending-calls.js";
import { EncodedEntry } from "../../src/entry/encoded-entry.js";
import { LeaflogError, type QueueOptions } from "../../src/index.js";
import { resolveOptions } from "../../src/options/options.js";
import { collectGarbage } from "../support/collect-garbage.js";
import { Random, seedOf } from "../support/random.js";

// The queue's room, over random programs of all that happens to it: calls come, are taken and
// written, given up, or too late. What was let in never exceeds the limits, and when all is over
// the room is what it was.
const PROGRAMS = process.env.LEAFLOG_LONG === "1" ? 20_000 : 1000;
const STEPS = 60;
const LIMITS: Required<QueueOptions> = { maxEntries: 8, maxBytes: 4000, maxBatchBytes: 1500 };
const OPTIONS = resolveOptions();

afterEach(() => {
  vi.useRealTimers();
});

class Program {
  readonly #random: Random;
  readonly #expired = new Map<AppendCall, boolean>();
  readonly #pending = new PendingCalls(LIMITS, (call, accepted) => {
    this.#expired.set(call, accepted);
    call.reject(new LeaflogError("LEAFLOG_TIMEOUT", "late"));
  });
  readonly #controllers: AbortController[] = [];
  readonly #added: AppendCall[] = [];
  readonly #taken: AppendCall[] = [];
  #inFlight: AppendCall[] = [];

  constructor(random: Random) {
    this.#random = random;
  }

  run(): void {
    for (let step = 0; step < STEPS; step += 1) this.#step();
    while (this.#pending.size > 0) this.#takeAndFree();
    this.#free();
    this.#expectAllRoom();
  }

  #step(): void {
    const kind = this.#random.below(8);
    if (kind < 4) this.#add();
    else if (kind === 4) this.#free();
    else if (kind === 5) this.#take();
    else if (kind === 6) this.#controllers[this.#random.below(this.#controllers.length)]?.abort();
    else this.#letTimePass();
  }

  #add(): void {
    const controller = new AbortController();
    if (this.#random.below(3) === 0) this.#controllers.push(controller);
    const count = 1 + this.#random.below(3);
    const entries = Array.from({ length: count }, () => entryOf(this.#random.below(900)));
    const call = callOf(entries, 1 + this.#random.below(100), controller.signal);
    this.#added.push(call);
    this.#pending.add(call);
  }

  #take(): void {
    if (this.#inFlight.length > 0) return;
    this.#inFlight = this.#pending.take();
    for (const call of this.#inFlight) expect(call.settled).toBe(false);
    this.#taken.push(...this.#inFlight);
    const inOrder = this.#added.filter((call) => this.#taken.includes(call));
    expect(this.#taken).toEqual(inOrder);
    if (this.#inFlight.length > 1) {
      expect(bytesOf(this.#inFlight)).toBeLessThanOrEqual(LIMITS.maxBatchBytes);
    }
    this.#expectWithin(this.#inFlight);
  }

  #free(): void {
    for (const call of this.#inFlight) call.resolve([]);
    this.#pending.free(this.#inFlight);
    this.#inFlight = [];
  }

  #takeAndFree(): void {
    this.#free();
    this.#take();
  }

  /** What one tick finds to be late, and to have been let in, was in the queue together. */
  #letTimePass(): void {
    for (let ms = this.#random.below(40); ms > 0; ms -= 1) {
      this.#expired.clear();
      vi.advanceTimersByTime(1);
      const accepted = [...this.#expired].flatMap(([call, accepted]) => (accepted ? [call] : []));
      this.#expectWithin([...this.#inFlight, ...accepted]);
    }
  }

  /** One call is let in whatever its size, others with it only if they fit. */
  #expectWithin(calls: readonly AppendCall[]): void {
    if (calls.length < 2) return;
    const entries = calls.reduce((sum, call) => sum + call.entries.length, 0);
    expect(entries).toBeLessThanOrEqual(LIMITS.maxEntries);
    expect(bytesOf(calls)).toBeLessThanOrEqual(LIMITS.maxBytes);
  }

  /** With one call that fills the room but for the smallest, the smallest fits and no more. */
  #expectAllRoom(): void {
    const small = () => callOf([entryOf(0)], 1000);
    const smallest = small().bytes;
    const rest = LIMITS.maxBytes - smallest - callOf([entryOf(0)], 1).bytes;
    const calls = [callOf([entryOf(rest)], 1000), small(), small()];
    for (const call of calls) this.#pending.add(call);
    vi.advanceTimersByTime(2000);
    expect(calls.map((call) => this.#expired.get(call))).toEqual([true, true, false]);
  }
}

function entryOf(padding: number): EncodedEntry {
  return new EncodedEntry({ type: "a", id: "i", padding: "x".repeat(padding) }, 1e6);
}

function callOf(entries: EncodedEntry[], timeoutMs: number, signal?: AbortSignal): AppendCall {
  const terms = { options: OPTIONS, expectedLeaf: undefined, signal, timeoutMs };
  const call = new AppendCall(entries, terms, inOrder);
  call.done.catch(() => undefined);
  return call;
}

function bytesOf(calls: readonly AppendCall[]): number {
  return calls.reduce((sum, call) => sum + call.bytes, 0);
}

test(`the room of the queue is kept, over ${PROGRAMS} programs`, { timeout: 600_000 }, () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  const seed = seedOf("LEAFLOG_SEED");
  for (let n = 0; n < PROGRAMS; n += 1) {
    const random = new Random(seed + n);
    try {
      new Program(random).run();
    } catch (error) {
      throw new Error(`LEAFLOG_SEED=${seed + n}`, { cause: error });
    }
  }
});

test("a call that is on its way, done or given up is held no longer for those behind it", async () => {
  const pending = new PendingCalls({ ...LIMITS, maxEntries: 100, maxBytes: 1e9 }, () => undefined);
  const alive: WeakRef<EncodedEntry>[] = [];
  const aborted = new AbortController();
  const add = (signal?: AbortSignal) => {
    const entry = entryOf(500);
    alive.push(new WeakRef(entry));
    pending.add(callOf([entry], 60_000, signal));
  };
  // In a function of its own: what it last looked at would be held by this one.
  const use = () => {
    for (let n = 0; n < 3; n += 1) add();
    const inFlight = pending.take();
    expect(inFlight).toHaveLength(2);
    for (let n = 0; n < 5; n += 1) add(aborted.signal);
    aborted.abort();
    for (const call of inFlight) call.resolve([]);
    pending.free(inFlight);
  };
  use();
  await collectGarbage();
  expect(alive.map((entry) => entry.deref() !== undefined)).toEqual([
    ...[false, false, true],
    ...[false, false, false, false, false],
  ]);
  pending.rejectAll(new LeaflogError("LEAFLOG_CLOSED", "over"));
});

test("to abort calls one by one, each with a signal of its own, goes through none of the others", () => {
  const pending = new PendingCalls({ ...LIMITS, maxEntries: 1e6, maxBytes: 1e9 }, () => undefined);
  let looks = 0;
  const controllers = Array.from({ length: 2000 }, () => new AbortController());
  for (const { signal } of controllers) {
    const call = callOf([entryOf(1)], 60_000, signal);
    const settled = Object.getOwnPropertyDescriptor(AppendCall.prototype, "settled");
    Object.defineProperty(call, "settled", {
      get: () => {
        looks += 1;
        return settled?.get?.call(call);
      },
    });
    pending.add(call);
  }
  for (const controller of controllers.reverse()) controller.abort();
  expect(pending.size).toBe(0);
  expect(looks).toBeLessThan(20 * controllers.length);
});
