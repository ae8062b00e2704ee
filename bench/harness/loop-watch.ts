import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as wait } from "node:timers/promises";
import { distribution } from "./statistics.js";

/** Milliseconds between two beats. */
const BEAT_MS = 1;
/**
 * Milliseconds between the start of the watch and the work: a watch begun in the same turn as the
 * work does not see its first stall.
 */
const SETTLE_MS = 40;

/** What a watch over the event loop saw, in milliseconds. */
export interface LoopReport {
  /** How late the beats came, at each of PROBABILITIES. */
  readonly gaps: number[];
  readonly worstMs: number;
  /** The most that this process computed between two beats. */
  readonly worstCpuMs: number;
  /** The worst by perf_hooks' monitorEventLoopDelay. */
  readonly delayMs: number;
}

/** Watches this process's event loop by a timer that should fire every millisecond. */
export class LoopWatch {
  readonly #delay = monitorEventLoopDelay({ resolution: BEAT_MS });
  #gaps: number[] = [];
  #worstCpu = 0;
  #last = 0;
  #lastCpu = 0;
  #timer: NodeJS.Timeout | undefined;

  async start(): Promise<void> {
    this.#delay.enable();
    this.#timer = setInterval(() => this.#beat(), BEAT_MS);
    await wait(SETTLE_MS);
    this.#delay.reset();
    this.#gaps = [];
    this.#worstCpu = 0;
    this.#last = performance.now();
    this.#lastCpu = ownCpuMs();
  }

  #beat(): void {
    const now = performance.now();
    const cpu = ownCpuMs();
    this.#gaps.push(Math.max(0, now - this.#last - BEAT_MS));
    this.#worstCpu = Math.max(this.#worstCpu, cpu - this.#lastCpu);
    this.#last = now;
    this.#lastCpu = cpu;
  }

  async stop(): Promise<LoopReport> {
    this.#beat();
    clearInterval(this.#timer);
    const gaps = distribution(this.#gaps);
    // Its own timer has to fire once more to see what the work ended with.
    await wait(2 * BEAT_MS);
    this.#delay.disable();
    return {
      gaps,
      worstMs: gaps.at(-1) as number,
      worstCpuMs: this.#worstCpu,
      delayMs: this.#delay.max / 1e6,
    };
  }
}

/** Of the main thread where Node tells (from 23.9 on), else of the process. */
const threadCpuUsage: () => NodeJS.CpuUsage =
  (process as { threadCpuUsage?: () => NodeJS.CpuUsage }).threadCpuUsage ?? process.cpuUsage;

function ownCpuMs(): number {
  const { user, system } = threadCpuUsage.call(process);
  return (user + system) / 1000;
}
