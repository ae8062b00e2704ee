import type { FileStat } from "../../src/file/file-stat.js";
import type { FileSystem } from "../../src/file/file-system.js";
import { nodeFileSystem } from "../../src/file/node-file-system.js";
import { interceptedFileSystem } from "./intercepted-file-system.js";

/** A port on a system that keeps no birth times, but shows something in their place. */
export function birthless(shown: (stat: FileStat) => bigint): FileSystem {
  const moved = (stat: FileStat) => ({ ...stat, birthtimeNs: shown(stat) });
  const base = {
    ...nodeFileSystem,
    statSync: (path: string) => moved(nodeFileSystem.statSync(path)),
  };
  return interceptedFileSystem(async ({ name }, run) => {
    const result = await run();
    return name === "stat" || name === "file.stat" ? moved(result as FileStat) : result;
  }, base);
}

/** What such systems show. */
export const SHOWN: Readonly<Record<string, (stat: FileStat) => bigint>> = {
  "the change time": (stat) => stat.ctimeNs ?? 0n,
  nothing: () => 0n,
};
