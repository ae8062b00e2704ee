import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { describe, test, vi } from "vitest";
import type { FileSystem } from "../../src/file/file-system.js";
import { nodeFileSystem } from "../../src/file/node-file-system.js";
import { openTranscript } from "../../src/index.js";
import { WriteLock } from "../../src/lock/write-lock.js";
import { forMs, LockScene } from "./children/lock-harness.js";

const STALE_MS = 2000;
const always = () => true;
const isLinux = process.platform === "linux";

// These tests wait much and work little.
vi.setConfig({ maxConcurrency: 20 });

function lockOf(scene: LockScene, fs: FileSystem = nodeFileSystem): WriteLock {
  return new WriteLock(fs, scene.file, { staleMs: STALE_MS });
}

/** One that finds no lock of now stale while a test lasts. */
function patientLockOf(scene: LockScene): WriteLock {
  return new WriteLock(nodeFileSystem, scene.file, { staleMs: 600_000 });
}

/** Writes a lock as OpenClaw does. */
function writeLock(path: string, pid: number, facts: object = {}): void {
  const createdAt = "2026-01-02T03:04:05.678Z";
  writeFileSync(path, `${JSON.stringify({ pid, createdAt, ...facts }, null, 2)}\n`);
}

function startTime(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  return Number(text.slice(text.lastIndexOf(")") + 2).split(" ")[19]);
}

/** A pid that nobody has. */
async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ["-e", "0"]);
  await once(child, "exit");
  return child.pid as number;
}

describe.concurrent("a lock that names a process", () => {
  test("is waited for as long as that lives, however old it is", async ({ expect }) => {
    await using scene = new LockScene();
    const lock = lockOf(scene);
    writeLock(lock.path, process.pid, { maxHoldMs: 1 });
    utimesSync(lock.path, 1, 1);
    expect(await lock.acquire(forMs(3000))).toBe(false);
    expect(await lock.describeHolder()).toMatchObject({
      kind: "process",
      isGone: false,
      owner: { pid: process.pid, startedAt: "2026-01-02T03:04:05.678Z" },
    });
    expect(lock.foreignAt).toBeGreaterThan(0);
    unlinkSync(lock.path);
    expect(await lock.acquire(always)).toBe(true);
    await lock.release();
    expect(readdirSync(scene.directory)).toEqual([]);
  });

  test("is named in the error of who waits in vain", async ({ expect }) => {
    await using scene = new LockScene();
    writeLock(`${scene.file}.lock`, process.pid);
    await using transcript = await openTranscript(scene.file, { lock: { timeoutMs: 300 } });
    await expect(transcript.append({ type: "a" })).rejects.toMatchObject({
      code: "LEAFLOG_LOCK_TIMEOUT",
      owner: { pid: process.pid, startedAt: "2026-01-02T03:04:05.678Z" },
      message: expect.stringMatching(/as long as that process lives/),
    });
  });

  test("is taken over when that is gone", async ({ expect }) => {
    await using scene = new LockScene();
    const lock = patientLockOf(scene);
    writeLock(lock.path, await deadPid(), { starttime: 1 });
    expect(await lock.acquire(always)).toBe(true);
    await lock.release();
    expect(readdirSync(scene.directory)).toEqual([]);
  });

  test.runIf(isLinux)("is taken over when its pid is another's by now", async ({ expect }) => {
    await using scene = new LockScene();
    const lock = patientLockOf(scene);
    writeLock(lock.path, process.pid, { starttime: startTime(process.pid) });
    expect(await lock.acquire(forMs(500))).toBe(false);
    writeLock(lock.path, process.pid, { starttime: startTime(process.pid) + 1 });
    expect(await lock.acquire(always)).toBe(true);
    await lock.release();
  });

  test.runIf(isLinux)(
    "is taken over from one that ended and was not waited for",
    async ({ expect }) => {
      await using scene = new LockScene();
      // The shell does not ask what became of its child, as long as it lives.
      const shell = spawn("sh", ["-c", "true & echo $!; exec sleep 20"]);
      const [said] = (await once(shell.stdout, "data")) as [Buffer];
      const pid = Number(String(said));
      await wait(100);
      const lock = patientLockOf(scene);
      writeLock(lock.path, pid);
      expect(await lock.acquire(always)).toBe(true);
      await lock.release();
      shell.kill("SIGKILL");
      await once(shell, "close");
    },
  );

  test("is not removed when it is another's after all", async ({ expect }) => {
    for (const strike of ["open", "rename"]) {
      await using scene = new LockScene();
      const path = `${scene.file}.lock`;
      const pid = await deadPid();
      let struck = false;
      const replace = () => {
        if (struck) return;
        struck = true;
        unlinkSync(path);
        writeFileSync(path, JSON.stringify({ pid: process.pid }));
      };
      const fs: FileSystem = {
        ...nodeFileSystem,
        open: (name, ...rest) => {
          if (strike === "open" && name.endsWith(".steal")) replace();
          return nodeFileSystem.open(name, ...rest);
        },
        rename: (from, to) => {
          if (strike === "rename") replace();
          return nodeFileSystem.rename(from, to);
        },
      };
      const lock = lockOf(scene, fs);
      writeLock(path, pid);
      expect(await lock.acquire(forMs(500)), strike).toBe(false);
      expect(struck).toBe(true);
      expect(readFileSync(path, "utf8")).toContain(`${process.pid}`);
      expect(readdirSync(scene.directory)).toEqual(["transcript.jsonl.lock"]);
    }
  });

  test("that is no pid is not believed, nor killed", async ({ expect }) => {
    for (const pid of [0, -1, 1.5, 2 ** 40]) {
      await using scene = new LockScene();
      const lock = lockOf(scene);
      writeLock(lock.path, pid);
      expect((await lock.describeHolder()).kind).toBe("other");
      expect(await lock.acquire(forMs(300))).toBe(false);
    }
  });
});

describe.concurrent("another program's lock", () => {
  test("which is a directory, is not robbed while it is refreshed", async ({ expect }) => {
    await using scene = new LockScene();
    const lock = lockOf(scene);
    mkdirSync(lock.path);
    const beats = setInterval(() => utimesSync(lock.path, new Date(), new Date()), 500);
    expect(await lock.acquire(forMs(4000))).toBe(false);
    expect(await lock.describeHolder()).toMatchObject({ kind: "other", isGone: false });
    clearInterval(beats);
    expect(await lock.acquire(always)).toBe(true);
    await lock.release();
    expect(readdirSync(scene.directory)).toEqual([]);
  });

  test("with something in it, is put aside with that when it is stale", async ({ expect }) => {
    await using scene = new LockScene();
    const lock = lockOf(scene);
    mkdirSync(lock.path, 0o755);
    writeFileSync(join(lock.path, "notes"), "of somebody");
    utimesSync(lock.path, 1, 1);
    expect(await lock.acquire(forMs(500))).toBe(false);
    expect(statSync(lock.path).mode & 0o777).toBe(0o755);
    expect(await lock.acquire(always)).toBe(true);
    await lock.release();
    const left = readdirSync(scene.directory);
    expect(left).toEqual([expect.stringMatching(/^transcript\.jsonl\.lock\.old-/)]);
    expect(readFileSync(join(scene.directory, left[0]!, "notes"), "utf8")).toBe("of somebody");
  });

  test("keeps its mode", async ({ expect }) => {
    for (const content of ["{}", "locked"]) {
      await using scene = new LockScene();
      const lock = lockOf(scene);
      writeFileSync(lock.path, content, { mode: 0o600 });
      expect(await lock.acquire(forMs(200))).toBe(false);
      expect(statSync(lock.path).mode & 0o777).toBe(0o600);
    }
  });
});

test.runIf(isLinux)(
  "what no program makes to lock is left alone, and never stale",
  async ({ expect }) => {
    await using scene = new LockScene();
    const lock = lockOf(scene);
    const made = spawn("mkfifo", [lock.path]);
    await once(made, "exit");
    expect(await lock.acquire(forMs(2500))).toBe(false);
    expect((await lock.describeHolder()).kind).toBe("none");
    expect(existsSync(lock.path)).toBe(true);
  },
);
