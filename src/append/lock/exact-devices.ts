import type { FileStat } from "../../file/file-stat.js";
import type { FileSystem } from "../../file/file-system.js";

const exactDevices = new WeakMap<FileSystem, Set<bigint>>();

/**
 * Whether a lock on that device was found to keep its times to the millisecond, and its birth time
 * whatever else is changed: what was found out once need not be asked of each lock.
 */
export function isOnExactDevice(fs: FileSystem, { dev }: FileStat): boolean {
  return exactDevices.get(fs)?.has(dev) ?? false;
}

/** Notes that a device keeps times and births. */
export function noteExactDevice(fs: FileSystem, { dev }: FileStat): void {
  const known = exactDevices.get(fs);
  if (known) known.add(dev);
  else exactDevices.set(fs, new Set([dev]));
}
