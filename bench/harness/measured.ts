import { readFileSync, writeFileSync } from "node:fs";
import { type LoopReport, LoopWatch } from "./loop-watch.js";
import { distribution } from "./statistics.js";
import type { Values } from "./values.js";

const KiB = 1024;

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
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  const value = await work();
  const ms = performance.now() - startedAt;
  const cpu = process.cpuUsage(cpuBefore);
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

/** Lets the kernel count this process's peak of memory anew; what it was before stays elsewhere. */
function forgetPeak(): void {
  try {
    writeFileSync("/proc/self/clear_refs", "5");
  } catch (error) {
    // No such file but on Linux, and not writable in some containers: the peak counts from the
    // start of the process then, which is more than its due.
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
  }
}

/**
 * The most memory that this process had resident, in MB. Not `maxRSS` where there is better: on
 * Linux that begins with the peak of the process that started this one.
 */
function peakMb(): number {
  if (process.platform !== "linux") return process.resourceUsage().maxRSS / KiB;
  const line = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"));
  return Number(line?.[1]) / KiB;
}
