import { LeaflogError } from "../base/errors.js";
import type { FileStat } from "./file-stat.js";

/**
 * The lock stands beside a name, so that writers under two names of one file would not see each
 * other's, and a rewrite would leave the other name behind.
 *
 * @throws LeaflogError `LEAFLOG_HARD_LINKED` for a file with another name
 */
export function ensureOneName(path: string, { nlink = 1 }: FileStat): void {
  if (nlink <= 1) return;
  throw new LeaflogError(
    "LEAFLOG_HARD_LINKED",
    `the file has ${nlink} names (hard links), and who writes under another one does not see the lock of this one; nothing was written: remove the other names, or give this one a file of its own (cp -p FILE FILE.own && mv FILE.own FILE)`,
    { file: path, names: nlink },
  );
}
