/** A figure that a trial may come to. */
export type ValueName = keyof typeof VALUES;

export interface Value {
  /** Head of its column. */
  readonly label: string;
  readonly better: "more" | "less";
}

/** All figures, in the order of the columns. */
export const VALUES = {
  rate: { label: "appends/s", better: "more" },
  megabytesPerSecond: { label: "MB/s", better: "more" },
  ms: { label: "ms", better: "less" },
  p50Ms: { label: "p50 ms", better: "less" },
  p99Ms: { label: "p99 ms", better: "less" },
  worstMs: { label: "worst ms", better: "less" },
  /** The longest that a 1 ms heartbeat came late. */
  gapMs: { label: "worst gap ms", better: "less" },
  /** The same, less what an idle process of the same question saw. */
  gapAboveIdleMs: { label: "above idle ms", better: "less" },
  /** The most that the process computed between two beats; the rest of a gap is others' doing. */
  gapCpuMs: { label: "own CPU ms", better: "less" },
  /** The same as `gapMs`, by perf_hooks' monitorEventLoopDelay. */
  delayMs: { label: "loop delay ms", better: "less" },
  peakMb: { label: "peak MB", better: "less" },
  /** What the process read of files, from the disk or from the page cache. */
  readMb: { label: "read MB", better: "less" },
  cpuMs: { label: "CPU ms", better: "less" },
  bytesEach: { label: "bytes each", better: "less" },
} as const satisfies Record<string, Value>;

export type Values = Partial<Record<ValueName, number>>;
