import { describe, expect, test } from "vitest";
import { LeaflogError, openTranscript, type TranscriptOptions } from "../src/index.js";
import { resolveOptions } from "../src/options/options.js";

describe("options", () => {
  test.each([
    [{ durability: "sync" }, "durability", "sync"],
    [{ linear: "yes" }, "linear", "yes"],
    [{ header: null }, "header", "null"],
    [{ look: "sync" }, "look", "sync"],
    [{ migrateMaxBytes: -1 }, "migrateMaxBytes", "-1"],
    [{ migrateMaxBytes: "8" }, "migrateMaxBytes", "8"],
    [{ maxEntryBytes: 0 }, "maxEntryBytes", "0"],
    [{ mode: 0o1000 }, "mode", "512"],
    [{ lock: { staleMs: 1999 } }, "lock.staleMs", "1999"],
    [{ lock: { idleMs: Number.NaN } }, "lock.idleMs", "NaN"],
    [{ lock: { idleMs: 2 ** 31 } }, "lock.idleMs", "2147483648"],
    [{ lock: { timeoutMs: 2 ** 31 } }, "lock.timeoutMs", "2147483648"],
    [{ lock: { maxHoldMs: 0 } }, "lock.maxHoldMs", "0"],
    [{ queue: { maxBytes: 1.5 } }, "queue.maxBytes", "1.5"],
    [{ sessionId: " " }, "sessionId", " "],
    [{ cwd: 5 }, "cwd", "5"],
    [{ cwd: Object.create(null) }, "cwd", "a value without a text"],
    [{ linear: "x".repeat(1e6) }, "linear", `${"x".repeat(200)}…`],
  ])("%j is refused, quoted", async (options, name, value) => {
    const error = await openTranscript("a.jsonl", options as TranscriptOptions).catch((e) => e);
    expect(error).toBeInstanceOf(LeaflogError);
    expect(error).toMatchObject({ code: "LEAFLOG_INVALID_ARGUMENT" });
    expect(error.message).toContain(`\`${name}\``);
    expect(error.message).toContain(`\`${value}\``);
  });

  test("the documented defaults", () => {
    expect(resolveOptions()).toMatchObject({
      durability: "written",
      linear: "auto",
      header: "required",
      look: "auto",
      migrateMaxBytes: 8 * 1024 * 1024,
      maxEntryBytes: 64 * 1024 * 1024,
      lock: { staleMs: 10_000, timeoutMs: 30_000, idleMs: 5, maxHoldMs: 100 },
      queue: { maxEntries: 65_536, maxBytes: 64 * 1024 * 1024, maxBatchBytes: 1024 * 1024 },
      mode: 0o600,
      cwd: process.cwd(),
    });
  });
});

test("an error tells its facts and nothing else", () => {
  const error = new LeaflogError("LEAFLOG_TIMEOUT", "late", { file: "/a", waitedMs: 5 });
  expect(error.message).toBe("late (/a)");
  expect({ ...error }).toEqual({
    name: "LeaflogError",
    code: "LEAFLOG_TIMEOUT",
    file: "/a",
    waitedMs: 5,
  });
  expect(error).not.toHaveProperty("cause");
});
