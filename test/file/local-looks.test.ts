import { channel } from "node:diagnostics_channel";
import { existsSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { FileStat } from "../../src/file/file-stat.js";
import { LocalLooks, type SlowLook } from "../../src/file/local-looks.js";
import { localLooks, nodeFileSystem } from "../../src/file/node-file-system.js";

const EXT4 = 0xef53;
const NFS = 0x6969;
const MINUTE = 60_000;
const DEV = 7n;

/** Looks at a disk that is all made up, by a clock that goes by itself only during a look. */
class MadeUpDisk {
  readonly calls: string[] = [];
  dev = DEV;
  now = 0;
  lookMs = 0.002;
  /** What the next synchronous look takes besides. */
  slowOnce = 0;
  /** Whether synchronous looks fail. */
  fails = false;
  type: () => Promise<number> = async () => EXT4;
  readonly looks: LocalLooks;

  constructor(platform: NodeJS.Platform = "linux") {
    const calls = {
      stat: async () => this.#stat("stat"),
      statSync: () => {
        this.now += this.lookMs + this.slowOnce;
        this.slowOnce = 0;
        if (this.fails) throw new Error("EIO");
        return this.#stat("statSync");
      },
      typeOf: () => {
        this.calls.push("statfs");
        return this.type();
      },
      now: () => this.now,
    };
    this.looks = new LocalLooks(calls, platform);
  }

  /** One look. Returns how it was answered, once it is. */
  async look(dev = this.dev): Promise<"at once" | "later"> {
    const found = this.looks.at("/a", dev);
    expect((await found).dev).toBe(this.dev);
    return found instanceof Promise ? "later" : "at once";
  }

  #stat(name: string): FileStat {
    this.calls.push(name);
    return { dev: this.dev } as FileStat;
  }
}

test("a device is asked once for its type, and is looked at synchronously from then on", async () => {
  const disk = new MadeUpDisk();
  expect(await disk.look()).toBe("later");
  for (let count = 0; count < 100; count += 1) expect(await disk.look()).toBe("at once");
  expect(disk.calls.filter((name) => name === "statfs")).toHaveLength(1);
  expect(disk.calls.filter((name) => name === "stat")).toHaveLength(1);
  expect(disk.looks.slow).toBe(0);
});

test("who looks while the device is being asked is answered later, without a second question", async () => {
  const disk = new MadeUpDisk();
  expect(await Promise.all([disk.look(), disk.look(), disk.look()])).toEqual([
    "later",
    "later",
    "later",
  ]);
  expect(disk.calls.filter((name) => name === "statfs")).toHaveLength(1);
  expect(await disk.look()).toBe("at once");
});

test.each([
  ["ext4", "linux", 0xef53, "at once"],
  ["xfs", "linux", 0x58465342, "at once"],
  ["btrfs", "linux", 0x9123683e, "at once"],
  ["f2fs", "linux", 0xf2f52010, "at once"],
  ["tmpfs", "linux", 0x01021994, "at once"],
  ["overlay", "linux", 0x794c7630, "at once"],
  ["APFS", "darwin", 0x1a, "at once"],
  ["NFS", "linux", NFS, "later"],
  ["CIFS", "linux", 0xff534d42, "later"],
  ["SMB 2", "linux", 0xfe534d42, "later"],
  ["FUSE", "linux", 0x65735546, "later"],
  ["9p", "linux", 0x01021997, "later"],
  ["what nobody knows", "linux", 0x12345678, "later"],
  ["a number of Linux", "darwin", 0xef53, "later"],
  ["a number of macOS", "linux", 0x1a, "later"],
  ["Windows, which names none", "win32", 0, "later"],
] as const)("%s is looked at as it may be", async (_name, platform, type, answered) => {
  const disk = new MadeUpDisk(platform);
  disk.type = async () => type;
  await disk.look();
  for (let count = 0; count < 3; count += 1) expect(await disk.look()).toBe(answered);
  expect(disk.calls.includes("statSync")).toBe(answered === "at once");
});

test("where the type cannot be told, no look is synchronous", async () => {
  const disk = new MadeUpDisk();
  disk.type = () => Promise.reject(new Error("ENOSYS"));
  for (let count = 0; count < 5; count += 1) expect(await disk.look()).toBe("later");
  expect(disk.calls.filter((name) => name === "statfs")).toHaveLength(1);
});

test("a type that was asked for where the path had moved to another device says nothing", async () => {
  const disk = new MadeUpDisk();
  const was = disk.dev;
  disk.dev = 8n;
  expect(await disk.look(was)).toBe("later");
  expect(await disk.look(was)).toBe("later");
  expect(disk.calls).not.toContain("statSync");
});

describe("a look that takes longer than a millisecond", () => {
  test("is repeated, and when that takes as long its device is asynchronous for a minute", async () => {
    const disk = new MadeUpDisk();
    await disk.look();
    disk.lookMs = 1.5;
    expect(await disk.look()).toBe("later");
    expect(disk.calls).toEqual(["statfs", "stat", "statSync", "statSync", "stat"]);
    expect(disk.looks.slow).toBe(2);
    disk.lookMs = 0.002;
    disk.now += MINUTE - 10;
    expect(await disk.look()).toBe("later");
    disk.now += 20;
    // The device may be another by now: it is asked again.
    expect(await disk.look()).toBe("later");
    expect(await disk.look()).toBe("at once");
    expect(disk.calls.filter((name) => name === "statfs")).toHaveLength(2);
    expect(disk.looks.slow).toBe(2);
  });

  test("is counted, and no more, when it was an accident", async () => {
    const disk = new MadeUpDisk();
    await disk.look();
    for (let count = 1; count <= 3; count += 1) {
      disk.slowOnce = 4;
      expect(await disk.look()).toBe("at once");
      expect(disk.looks.slow).toBe(count);
    }
  });

  test("leaves other devices as they are", async () => {
    const disk = new MadeUpDisk();
    await disk.look();
    disk.dev = 8n;
    await disk.look();
    disk.lookMs = 5;
    await disk.look();
    disk.lookMs = 0.002;
    expect(await disk.look()).toBe("later");
    disk.dev = DEV;
    expect(await disk.look()).toBe("at once");
  });

  test("may fail, and counts like any other", async () => {
    const disk = new MadeUpDisk();
    await disk.look();
    disk.fails = true;
    expect(() => disk.looks.at("/a", DEV)).toThrow("EIO");
    expect(disk.looks.slow).toBe(0);
    disk.lookMs = 2;
    expect(await disk.look()).toBe("later");
    expect(disk.looks.slow).toBe(2);
  });

  test("is told to who subscribed", async () => {
    const told: SlowLook[] = [];
    const listen = (message: unknown) => told.push(message as SlowLook);
    channel("leaflog:slow-look").subscribe(listen);
    onTestFinished(() => void channel("leaflog:slow-look").unsubscribe(listen));
    const disk = new MadeUpDisk();
    await disk.look();
    disk.slowOnce = 2.498;
    await disk.look();
    expect(told).toEqual([{ path: "/a", ms: 2.5, count: 1 }]);
  });
});

test("what is known of a device counts for a minute: its number may be another's by then", async () => {
  const disk = new MadeUpDisk();
  await disk.look();
  disk.type = async () => NFS;
  expect(await disk.look()).toBe("at once");
  disk.now += MINUTE;
  expect(await disk.look()).toBe("later");
  expect(await disk.look()).toBe("later");
});

describe.runIf(process.platform === "linux")("the real disk", () => {
  // In memory wherever Linux has it, as it has nearly everywhere.
  const SHM = "/dev/shm";
  const isTmpfs = existsSync(SHM) && statfsSync(SHM).type === 0x01021994;

  test.runIf(isTmpfs)("tmpfs answers at once, with what an asynchronous look says", async () => {
    const directory = mkdtempSync(join(SHM, "leaflog-"));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const file = join(directory, "a");
    writeFileSync(file, "four");
    const stat = await nodeFileSystem.stat(file);
    expect(await nodeFileSystem.look?.(file, stat.dev)).toEqual(stat);
    const again = nodeFileSystem.look?.(file, stat.dev);
    // A busy machine may have stopped this process in the midst of two looks.
    if (localLooks.slow === 0) expect(again).not.toBeInstanceOf(Promise);
    expect(await again).toEqual(stat);
    rmSync(file);
    const missing = async () => nodeFileSystem.look?.(file, stat.dev);
    await expect(missing()).rejects.toMatchObject({ code: "ENOENT" });
  });

  test("procfs is never looked at synchronously", async () => {
    const { dev } = await nodeFileSystem.stat("/proc/self/status");
    for (let count = 0; count < 3; count += 1) {
      const found = nodeFileSystem.look?.("/proc/self/status", dev);
      expect(found).toBeInstanceOf(Promise);
      await found;
    }
  });
});
