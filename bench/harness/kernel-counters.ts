import { readFileSync, writeFileSync } from "node:fs";

const KiB = 1024;
const MiB = 1024 * KiB;

/** Lets the kernel count this process's peak of memory anew; what it was before stays elsewhere. */
export function forgetPeak(): void {
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
export function peakMb(): number {
  if (process.platform !== "linux") return process.resourceUsage().maxRSS / KiB;
  const line = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"));
  return Number(line?.[1]) / KiB;
}

/**
 * What this process has read so far, in MB, whether from the disk or from the page cache; undefined
 * where the kernel does not tell.
 */
export function readMb(): number | undefined {
  try {
    const line = /^rchar: (\d+)$/m.exec(readFileSync("/proc/self/io", "utf8"));
    return Number(line?.[1]) / MiB;
  } catch (error) {
    // No such file but on Linux, and not readable in some containers.
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return undefined;
  }
}
