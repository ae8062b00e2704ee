import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { FileStat } from "../../src/file/file-stat.js";
import { LockWatch } from "../../src/lock/lock-watch.js";

let now = 0;

beforeEach(() => {
  now = 1000;
  vi.spyOn(performance, "now").mockImplementation(() => now);
});
afterEach(() => {
  vi.restoreAllMocks();
});

function lockOf(mtime: number, changes: Partial<FileStat> = {}): FileStat {
  return {
    kind: "file",
    dev: 1n,
    ino: 2n,
    size: 0,
    mode: 0o600,
    uid: 0,
    gid: 0,
    mtimeNs: BigInt(Math.round(mtime)) * 1_000_000n,
    birthtimeNs: 5n,
    ...changes,
  };
}

/** Milliseconds of watching, a look every `stepMs`, until the lock is stale; Infinity for never. */
function untilStale(watch: LockWatch, stat: () => FileStat, stepMs: number): number {
  const start = now;
  for (; now - start < 60_000; now += stepMs) {
    if (watch.isStale(stat(), now)) return now - start;
  }
  return Number.POSITIVE_INFINITY;
}

test("a lock of now is stale after staleMs of watching", () => {
  const lock = lockOf(Date.now());
  expect(untilStale(new LockWatch(10_000), () => lock, 50)).toBe(10_000);
});

test("an old lock is stale after two heartbeats of watching", () => {
  const lock = lockOf(Date.now() - 3_600_000);
  expect(untilStale(new LockWatch(10_000), () => lock, 50)).toBe(2000);
});

test("a lock from the future is stale after staleMs of watching", () => {
  const lock = lockOf(Date.now() + 3_600_000);
  expect(untilStale(new LockWatch(10_000), () => lock, 50)).toBe(10_000);
});

test("a lock that is refreshed every second is never stale, by whatever clock", () => {
  for (const skew of [-3_600_000, -15_000, 0, 15_000, 3_600_000]) {
    const lock = () => lockOf(Date.now() + skew + Math.floor(now / 1000) * 1000);
    expect(untilStale(new LockWatch(2000), lock, 50)).toBe(Number.POSITIVE_INFINITY);
  }
});

test("another lock of the same number is watched from the start", () => {
  const watch = new LockWatch(2000);
  const old = Date.now() - 3_600_000;
  watch.isStale(lockOf(old), now);
  now += 500;
  watch.isStale(lockOf(old), now);
  now += 1000;
  watch.isStale(lockOf(old), now);
  now += 1000;
  expect(watch.isStale(lockOf(old, { birthtimeNs: 6n }), now)).toBe(false);
  expect(untilStale(watch, () => lockOf(old, { birthtimeNs: 6n }), 50)).toBe(2000);
});

test("a gap between two looks counts as one heartbeat: we may have been stopped ourselves", () => {
  const watch = new LockWatch(2000);
  const lock = lockOf(Date.now() - 3_600_000);
  expect(watch.isStale(lock, now)).toBe(false);
  now += 60_000;
  expect(watch.isStale(lock, now)).toBe(false);
  now += 60_000;
  expect(watch.isStale(lock, now)).toBe(true);
});

test("a look that was answered late counts from when it was asked", () => {
  const watch = new LockWatch(2000);
  const lock = lockOf(Date.now() - 3_600_000);
  for (let looks = 0; looks < 20; looks += 1) {
    const askedAt = now;
    now += 900;
    expect(watch.isStale(lock, askedAt)).toBe(false);
  }
});

test("what no program makes to lock is never stale", () => {
  const lock = lockOf(0, { kind: "other" });
  expect(untilStale(new LockWatch(2000), () => lock, 50)).toBe(Number.POSITIVE_INFINITY);
});
