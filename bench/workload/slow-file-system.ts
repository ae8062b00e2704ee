import { setTimeout as wait } from "node:timers/promises";
import type { FileSystem } from "../../src/index.js";
import { interceptedFileSystem } from "../../test/support/intercepted-file-system.js";

/** A disk on which each operation takes so many milliseconds more. */
export function slowFileSystem(ms: number): FileSystem {
  return interceptedFileSystem(async (_call, run) => {
    await wait(ms);
    return run();
  });
}
