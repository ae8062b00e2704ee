import { mkdir, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { expect, test } from "vitest";
import { openTranscript } from "../../src/index.js";
import { interceptedFileSystem, systemError } from "../support/intercepted-file-system.js";
import { readChain } from "../support/lines.js";
import { tempDirectory } from "../support/temp-directory.js";

test("what was called before stands before, though the file was closed and opened in between", async () => {
  for (let round = 0; round < 10; round += 1) {
    const file = join(await tempDirectory(), "t.jsonl");
    // Another process has the lock just now.
    await mkdir(`${file}.lock`);
    const first = await openTranscript(file);
    const appended = [first.append({ type: "x", id: "1" })];
    const closed = [first.close()];
    for (const id of ["2", "3"]) {
      const next = await openTranscript(file);
      appended.push(next.append({ type: "x", id }));
      closed.push(next.close());
    }
    const last = await openTranscript(file);
    appended.push(last.append({ type: "x", id: "4" }));
    await wait(30);
    await rmdir(`${file}.lock`);
    await Promise.all([...appended, ...closed]);
    await last.close();
    expect((await readChain(file)).map(({ id }) => id)).toEqual(["1", "2", "3", "4"]);
  }
});

test("a file that was closed for good is opened with the options of who opens it next", async () => {
  const file = join(await tempDirectory(), "t.jsonl");
  const first = await openTranscript(file, { format: "pi" });
  await first.append({ type: "x" });
  await first.close();
  const other = await openTranscript(file, { format: "claude-code" });
  await other.close();
});

test("the end of a poisoned handle does not part those that were opened after it", async () => {
  const file = join(await tempDirectory(), "t.jsonl");
  let failures = 1;
  let locks = 0;
  const fileSystem = interceptedFileSystem(async ({ name, path, args }, run) => {
    if (name === "file.datasync" && failures-- > 0) throw systemError("EIO");
    if (name === "open" && path === `${file}.lock` && args[1] === "create") locks += 1;
    return run();
  });
  const options = { fileSystem, lock: { idleMs: 60_000, maxHoldMs: 60_000 } };
  const poisoned = await openTranscript(file, { ...options, durability: "synced" });
  await expect(poisoned.append({ type: "x" })).rejects.toMatchObject({ code: "LEAFLOG_POISONED" });
  await using second = await openTranscript(file, options);
  await poisoned.close();
  locks = 0;
  await second.append({ type: "x" });
  // It shares queue and lock with the one before it, rather than to wait for that.
  await using third = await openTranscript(file, options);
  await third.append({ type: "x" });
  expect(locks).toBe(1);
});
