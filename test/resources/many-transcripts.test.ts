import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { readChain } from "../support/lines.js";
import { ROOT, run } from "../support/run.js";
import { tempDirectory } from "../support/temp-directory.js";

// LEAFLOG_LONG=1 uses ten times as many: what leaks grows, what does not stays.
const TRANSCRIPTS = process.env.LEAFLOG_LONG === "1" ? 100_000 : 10_000;
const MiB = 1024 * 1024;
const CHILD = fileURLToPath(new URL("children/many-transcripts.ts", import.meta.url));

interface Holdings {
  readonly descriptors: number;
  readonly resources: readonly string[];
  readonly heapUsed: number;
  readonly transcripts: number;
  readonly writers: number;
  readonly locks: number;
  readonly queues: number;
}

test.skipIf(process.platform !== "linux")(
  `${TRANSCRIPTS} transcripts opened, appended to and closed leave nothing behind`,
  { timeout: 900_000 },
  async () => {
    const directory = await tempDirectory();
    // v8.queryObjects, which counts what is alive, calls itself experimental.
    const flags = ["--expose-gc", "--disable-warning=ExperimentalWarning", "--import", "tsx"];
    const args = [...flags, CHILD, directory, String(TRANSCRIPTS)];
    const { code, stdout, stderr } = await run(process.execPath, args, {
      cwd: ROOT,
      timeoutMs: 890_000,
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const { before, after, mostDescriptors } = JSON.parse(stdout) as {
      before: Holdings;
      after: Holdings;
      mostDescriptors: number;
    };
    console.log(`heap ${before.heapUsed} -> ${after.heapUsed}; ${mostDescriptors} fds at most`);
    const { heapUsed: heapBefore, ...rest } = before;
    expect(after).toEqual({ ...rest, heapUsed: expect.any(Number) });
    expect(after).toMatchObject({ transcripts: 0, writers: 0, locks: 0, queues: 0 });
    expect(after.heapUsed - heapBefore).toBeLessThan(3 * MiB);
    // 64 slots of two descriptors each, what reads without one, and what Node has open.
    expect(mostDescriptors).toBeGreaterThan(before.descriptors);
    const names = await readdir(directory);
    expect(names.filter((name) => !name.endsWith(".jsonl"))).toEqual([]);
    for (const name of names.slice(0, 50)) await readChain(join(directory, name));
  },
);
