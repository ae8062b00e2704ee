import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, test } from "vitest";
import { migrateTranscript } from "../../src/index.js";
import { bundleChildren, type ChildName } from "../support/crash/children-bundle.js";
import { checkKilled, removeLock } from "../support/crash/killed-transcript.js";
import { isLinear } from "../support/crash/transcript-lines.js";
import type { Run } from "../support/run.js";
import { runUnderStrace, straceRefusal } from "../support/strace.js";
import { tempDirectory } from "../support/temp-directory.js";

// Programs that are killed, or whose system call fails, at the first call of a kind, at the second,
// and so on until they get through. Up to the 40th call; LEAFLOG_LONG=1 goes on to the end.
const LAST = process.env.LEAFLOG_LONG === "1" ? 1000 : 40;

const refusal = straceRefusal();
if (refusal !== undefined) console.log(`no sweep over system calls: ${refusal}`);

/** Lets a program meet a fault at one call after another. Returns at how many it did. */
async function sweep(
  child: ChildName,
  fault: { call: string; fault: string; onFile?: boolean | "lock"; persistent?: boolean },
  program: {
    prepare?: (file: string) => void;
    args?: readonly string[];
    check: (file: string, run: Run) => Promise<void>;
  },
): Promise<number> {
  const root = await tempDirectory();
  const path = (await bundleChildren(root))(child);
  for (let nth = 1; nth <= LAST; nth += 1) {
    const file = join(await tempDirectory(), "t.jsonl");
    program.prepare?.(file);
    const run = await runUnderStrace(path, [file, ...(program.args ?? [])], {
      call: fault.call,
      fault: fault.fault,
      when: fault.persistent ? `${nth}+` : `${nth}`,
      path: fault.onFile ? (fault.onFile === "lock" ? `${file}.lock` : file) : undefined,
    });
    await removeLock(file);
    await program.check(file, run);
    if (run.code === 0 && !run.stdout.includes("LEAFLOG_")) return nth - 1;
  }
  return LAST;
}

/** What Node calls differs between machines. */
const UNLINK = "?unlink,?unlinkat";
const RENAME = "?rename,?renameat,?renameat2";

const idsIn = ({ stdout }: Run): string[] =>
  stdout.split("\n").filter((line) => /^\d+(\.\d+)?$/.test(line));

const checkEnded = ({ stdout, stderr }: Run): void => {
  expect(stdout).not.toContain("unexpected");
  expect(stdout).toMatch(/done\n$/);
  expect(stderr).toBe("");
};

describe.skipIf(refusal !== undefined)("an append", { timeout: 1_200_000 }, () => {
  test.each([
    { call: "write", onFile: true, atLeast: 6 },
    { call: "fdatasync", onFile: true, atLeast: 6 },
    { call: "write", onFile: false, atLeast: 30 },
    { call: "fsync", onFile: false, atLeast: 2 },
    { call: "openat", onFile: true, atLeast: 1 },
    { call: "openat", onFile: "lock" as const, atLeast: 1 },
    { call: UNLINK, onFile: false, atLeast: 1 },
  ])("killed at each $call (on the transcript: $onFile) loses nothing", async ({
    atLeast,
    ...call
  }) => {
    const killed = await sweep(
      "short-program",
      { ...call, fault: "signal=KILL" },
      {
        args: ["synced"],
        check: async (file, run) => {
          await checkKilled(file, idsIn(run), 1);
        },
      },
    );
    expect(killed).toBeGreaterThanOrEqual(atLeast);
  });

  test.each([
    { error: "ENOSPC", persistent: false },
    { error: "ENOSPC", persistent: true },
    { error: "EIO", persistent: false },
    { error: "EIO", persistent: true },
  ])("that meets $error at each write leaves no trace (from then on: $persistent)", async ({
    error,
    persistent,
  }) => {
    const fault = { call: "write", onFile: true, fault: `error=${error}`, persistent };
    const failed = await sweep("short-program", fault, {
      args: ["written"],
      check: async (file, run) => {
        checkEnded(run);
        expect(run.stdout).not.toContain("WRITE_FAILED false");
        const acknowledged = idsIn(run);
        const { byId, broken } = await checkKilled(file, acknowledged, 0);
        expect({ ids: [...byId.keys()], broken }).toEqual({
          ids: [...acknowledged, "last"],
          broken: 0,
        });
      },
    });
    expect(failed).toBe(6);
  });

  test.each([
    "fdatasync",
    "fsync",
  ])("that meets EIO at each %s is refused from then on", async (call) => {
    const failed = await sweep(
      "short-program",
      { call, fault: "error=EIO" },
      {
        args: ["synced"],
        check: async (file, run) => {
          checkEnded(run);
          expect(run.stdout).toMatch(/^(\d+(\.\d+)?\n)*(LEAFLOG_POISONED undefined\n)*done\n$/);
          await checkKilled(file, idsIn(run), 0);
        },
      },
    );
    expect(failed).toBeGreaterThanOrEqual(call === "fdatasync" ? 6 : 2);
  });
});

describe.skipIf(refusal !== undefined)("a migration", { timeout: 1_200_000 }, () => {
  const entry = (n: number) =>
    `${JSON.stringify({ type: "message", n, text: "x".repeat(1000) })}\n`;
  const header = '{"type":"session","id":"s"}\n';
  const old = header + Array.from({ length: 600 }, (_, n) => entry(n)).join("");

  const checkOldOrNew = async (file: string): Promise<void> => {
    const content = readFileSync(file, "utf8");
    const beside = readdirSync(join(file, ".."));
    const backups = beside.filter((name) => name.includes(".before-migration-"));
    if (content !== old) {
      expect(isLinear(content)).toBe(false);
      // Compared before they are shown: a difference of 600 kB is nothing to read.
      const plain = content.replace(/"version":3,|"id":"[0-9a-f-]{36}","parentId":[^,]*,/g, "");
      expect(plain === old).toBe(true);
      expect(backups).toHaveLength(1);
    }
    for (const name of backups) {
      expect(readFileSync(join(file, "..", name), "utf8") === old).toBe(true);
    }
    const { changed } = await migrateTranscript(file);
    expect(changed).toBe(content === old);
    const left = readdirSync(join(file, "..")).filter((name) => !backups.includes(name));
    if (changed) expect(left).toEqual([basename(file)]);
    await checkKilled(file, [], 0);
  };

  test.each([
    ["write", 10],
    ["fsync", 2],
    // The backup takes its name, then the migrated file the transcript's.
    [RENAME, 2],
    ["fchmod", 1],
    [UNLINK, 1],
  ])("killed at each %s leaves the old file or the new one", async (call, atLeast) => {
    const killed = await sweep(
      "migration",
      { call, fault: "signal=KILL" },
      {
        prepare: (file) => writeFileSync(file, old),
        check: checkOldOrNew,
      },
    );
    expect(killed).toBeGreaterThanOrEqual(atLeast);
  });

  test.each([
    ["fsync", "EIO"],
    [RENAME, "EIO"],
  ])("that meets a failed %s leaves the old file or the new one", async (call, error) => {
    const failed = await sweep(
      "migration",
      { call, fault: `error=${error}` },
      {
        prepare: (file) => writeFileSync(file, old),
        check: async (file, run) => {
          expect(run.stdout).toMatch(/^(migrated .*|LEAFLOG_WRITE_FAILED)\n$/);
          await checkOldOrNew(file);
        },
      },
    );
    expect(failed).toBeGreaterThanOrEqual(1);
  });
});
