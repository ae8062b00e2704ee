import { readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { test, vi } from "vitest";
import type { FileStat } from "../../src/file/file-stat.js";
import { openTranscript } from "../../src/index.js";
import { interceptedFileSystem } from "../support/intercepted-file-system.js";
import { HEADER_LINE, readChain } from "../support/lines.js";
import { tempDirectory } from "../support/temp-directory.js";

vi.setConfig({ maxConcurrency: 20 });

const HOUR_NS = 3_600_000_000_000n;

// One writer stands still while it makes its lock. Another goes by its own `staleMs`, and by a clock
// of its own, and takes it over: whatever the first was told of staleness, the lock is not its.
for (const [name, mine, theirs, aheadNs] of [
  ["the other waits less long", 60_000, 2000, 0n],
  ["both wait as long", 2000, 2000, 0n],
  ["the other's clock is ahead", 60_000, 60_000, HOUR_NS],
] as const) {
  for (const at of ["open", "file.stat"]) {
    test.concurrent(`${name}, and this one stands still behind ${at}`, async (context) => {
      const { expect } = context;
      const file = join(await tempDirectory(context), "a.jsonl");
      await writeFile(file, HEADER_LINE);
      let stood = false;
      const still = interceptedFileSystem(async (call, run) => {
        const result = await run();
        if (!stood && call.name === at && call.path === `${file}.lock`) {
          stood = true;
          await wait(4500);
        }
        return result;
      });
      const ahead = interceptedFileSystem(async (call, run) => {
        const result = await run();
        if (call.name !== "stat" || !call.path.startsWith(`${file}.lock`)) return result;
        const stat = result as FileStat;
        return { ...stat, mtimeNs: stat.mtimeNs - aheadNs };
      });
      const lock = { idleMs: 1000, maxHoldMs: 60_000 };
      const first = await openTranscript(file, {
        fileSystem: still,
        lock: { ...lock, staleMs: mine },
      });
      const second = await openTranscript(file, {
        fileSystem: ahead,
        lock: { ...lock, staleMs: theirs },
      });
      const late = first.append({ type: "late", id: "late" });
      await wait(100);
      const ids: string[] = [];
      // It keeps the lock beyond the time at which the first one comes to.
      for (let n = 0; n < 30; n += 1) {
        ids.push((await second.append({ type: "a" })).id);
        await wait(100);
      }
      await late;
      await Promise.all([first.close(), second.close()]);
      expect((await readChain(file)).map(({ id }) => id)).toEqual([...ids, "late"]);
      expect(await readdir(dirname(file))).toEqual(["a.jsonl"]);
    });
  }
}
