import { join } from "node:path";
import { expect, test } from "vitest";
import { WriteLock } from "../../../src/append/lock/write-lock.js";
import type { FileStat } from "../../../src/file/file-stat.js";
import type { FileSystem } from "../../../src/file/file-system.js";
import { interceptedFileSystem } from "../../support/intercepted-file-system.js";
import { tempDirectory } from "../../support/temp-directory.js";

/** A port that notes what is done to locks, and shows their times as `shown` says. */
function notingPort(shown: (stat: FileStat) => Partial<FileStat> = () => ({})): {
  fileSystem: FileSystem;
  calls: string[];
} {
  const calls: string[] = [];
  const fileSystem = interceptedFileSystem(async ({ name, path }, run) => {
    if (path.endsWith(".lock")) calls.push(name);
    const result = await run();
    return name === "stat" ? { ...(result as FileStat), ...shown(result as FileStat) } : result;
  });
  return { fileSystem, calls };
}

/** What it takes to have the lock of a file that was never locked before. */
async function callsOfTaking(port: ReturnType<typeof notingPort>, name: string): Promise<string[]> {
  const file = join(await tempDirectory(), name);
  const lock = new WriteLock(port.fileSystem, file, { staleMs: 10_000 });
  port.calls.length = 0;
  await lock.acquire(() => true);
  const calls = [...port.calls];
  expect(await lock.verify()).toBe(true);
  await lock.release();
  return calls;
}

const PROBED = ["mkdir", "stat", "utimes", "stat"];

test("how exactly times are kept is found out once per device", async () => {
  const port = notingPort();
  expect(await callsOfTaking(port, "a")).toEqual(PROBED);
  expect(await callsOfTaking(port, "b")).toEqual(["mkdir", "stat"]);
});

test("a device is known to its own port alone", async () => {
  await callsOfTaking(notingPort(), "a");
  expect(await callsOfTaking(notingPort(), "b")).toEqual(PROBED);
});

test("where only whole seconds are kept, every lock is probed", async () => {
  const second = 1_000_000_000n;
  const port = notingPort(({ mtimeNs }) => ({ mtimeNs: (mtimeNs / second) * second }));
  expect(await callsOfTaking(port, "a")).toEqual(PROBED);
  expect(await callsOfTaking(port, "b")).toEqual(PROBED);
});

test("where the time of birth moves with every change, every lock is probed", async () => {
  const port = notingPort(({ mtimeNs }) => ({ birthtimeNs: mtimeNs }));
  expect(await callsOfTaking(port, "a")).toEqual(PROBED);
  expect(await callsOfTaking(port, "b")).toEqual(PROBED);
});

test("where no time of birth is kept, every lock is probed", async () => {
  const port = notingPort(() => ({ birthtimeNs: 0n }));
  expect(await callsOfTaking(port, "a")).toEqual(PROBED);
  expect(await callsOfTaking(port, "b")).toEqual(PROBED);
});
