import { appendFile } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import type { WriterKind } from "./writer.js";

/** Milliseconds between tries for a lock that another has: at random, no more than this. */
const LONGEST_WAIT_MS = 10;

/**
 * proper-lockfile around each append, with its own waits between the tries: its `retries` option
 * waits for a second at the least.
 */
export const lockPerAppendWriter: WriterKind = {
  format: "lines",
  about: "proper-lockfile around each fs.promises.appendFile",
  open: async (file) => {
    const { lock } = await import("proper-lockfile");
    const acquire = async (): Promise<() => Promise<void>> => {
      for (;;) {
        try {
          return await lock(file, { realpath: false });
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== "ELOCKED") throw error;
          await wait(1 + Math.random() * LONGEST_WAIT_MS);
        }
      }
    };
    // It knows one holder in a process, so that further ones have to queue here.
    let queue: Promise<unknown> = Promise.resolve();
    return {
      append: (message) => {
        const turn = queue.then(async () => {
          const release = await acquire();
          try {
            await appendFile(file, `${JSON.stringify({ type: "message", message })}\n`);
          } finally {
            await release();
          }
        });
        queue = turn;
        return turn;
      },
      close: async () => {
        await queue;
      },
    };
  },
};
