import type { FileStat } from "./file-stat.js";
import type { FileSystem } from "./file-system.js";

/** How a path is looked at that was looked at before. See {@link FileSystem.look}. */
export type Look = (path: string, dev: bigint) => FileStat | Promise<FileStat>;

/**
 * - `auto`: synchronously where the port knows that the file system answers from memory;
 * - `async`: never synchronously.
 */
export type LookPolicy = "auto" | "async";

/** The look of a port, under a policy. */
export function lookBy(fs: FileSystem, policy: LookPolicy): Look {
  if (policy === "async" || fs.look === undefined) return (path) => fs.stat(path);
  return (path, dev) => fs.look?.(path, dev) ?? fs.stat(path);
}
