import { open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { measured } from "../../bench/harness/measured.js";
import { tempDirectory } from "../support/temp-directory.js";

const MiB = 1024 * 1024;

test.runIf(process.platform === "linux")("what is read twice counts twice", async () => {
  const file = join(await tempDirectory(), "file");
  await writeFile(file, Buffer.alloc(8 * MiB));
  const readBy = async (times: number) => {
    const { values } = await measured(async () => {
      await using handle = await open(file);
      const buffer = Buffer.alloc(8 * MiB);
      for (let time = 0; time < times; time += 1) {
        for (let at = 0; at < buffer.length; at += MiB) await handle.read(buffer, at, MiB, at);
      }
    });
    return values.readMb as number;
  };
  // Others in this process read, too.
  for (const times of [0, 1, 2]) {
    expect(Math.abs((await readBy(times)) - 8 * times), `${times} times`).toBeLessThan(4);
  }
});

test("the gaps of work that stops the event loop, and its time, are seen", async () => {
  const { ms, values, loop } = await measured(() => {
    const until = performance.now() + 30;
    while (performance.now() < until);
  });
  expect(ms).toBeGreaterThanOrEqual(30);
  expect(values.gapMs).toBeGreaterThanOrEqual(25);
  expect(loop.gaps.at(-1)).toBe(values.gapMs);
});
