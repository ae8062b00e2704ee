import { forgetPeak, peakMb, readMb } from "./kernel-counters.js";
import { type LoopReport, LoopWatch } from "./loop-watch.js";
import { distribution } from "./statistics.js";
import type { Values } from "./values.js";

/** How a piece of work went. */
export interface Measured<T> {
  /** What the work returned. */
  readonly value: T;
  readonly ms: number;
  readonly loop: LoopReport;
  /** What every question may print. */
  readonly values: Values;
}

/** Runs `work` under a watch over the event loop, from a collected heap. */
export async function measured<T>(work: () => Promise<T> | T): Promise<Measured<T>> {
  globalThis.gc?.();
  forgetPeak();
  const watch = new LoopWatch();
  await watch.start();
  const readBefore = readMb();
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  const value = await work();
  const ms = performance.now() - startedAt;
  const cpu = process.cpuUsage(cpuBefore);
  const readAfter = readMb();
  const loop = await watch.stop();
  return {
    value,
    ms,
    loop,
    values: {
      ms,
      gapMs: loop.worstMs,
      gapCpuMs: loop.worstCpuMs,
      delayMs: loop.delayMs,
      peakMb: peakMb(),
      cpuMs: (cpu.user + cpu.system) / 1000,
      ...(readBefore !== undefined &&
        readAfter !== undefined && { readMb: readAfter - readBefore }),
    },
  };
}

/** The figures of single calls that took so many milliseconds each. */
export function latencyValues(ms: ArrayLike<number>): { values: Values; latency: number[] } {
  const sorted = Float64Array.from(ms).sort();
  const latency = distribution(sorted);
  const at = (share: number) => sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN;
  return { values: { p50Ms: at(0.5), p99Ms: at(0.99), worstMs: at(1) }, latency };
}
