import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { linesOf } from "../support/cli/console-lines.js";
import { HEADER_LINE, linkedLine, readChain } from "../support/lines.js";
import { runCli } from "../support/run.js";
import { tempDirectory } from "../support/temp-directory.js";
import { versionOneSessions } from "../support/version-one-session.js";

const SESSIONS = await versionOneSessions();
/** What five processes append. */
const ADDED = 2500;

interface Report {
  readonly path: string;
  readonly [member: string]: unknown;
}

/** Runs the demo with a directory of the test's own for its files. */
async function runDemo(args: readonly string[]) {
  const directory = await tempDirectory();
  const ended = await runCli(["demo", ...args], { env: { TMPDIR: directory } });
  return { ...ended, directory };
}

/** What demos left; tsx keeps files in the same place. */
async function demosIn(directory: string): Promise<string[]> {
  return (await readdir(directory)).filter((name) => name.startsWith("leaflog-demo-"));
}

describe("leaflog demo", { timeout: 90_000 }, () => {
  test("appends from five processes to a transcript made up", async () => {
    const { code, stdout, stderr, directory } = await runDemo([]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^transcript: +.+leaflog-demo-.+\.jsonl$/m);
    expect(stdout).toMatch(/^entries: +1000 before, 3500 after$/m);
    expect(stdout).toMatch(/^migrated: +yes$/m);
    expect(stdout).toMatch(/^one chain: +yes$/m);
    const shown = linesOf(stdout);
    expect(shown.slice(shown.indexOf("last entries:") + 1)).toHaveLength(5);
    const [made] = await demosIn(directory);
    expect(await readChain(join(directory, made!, "transcript.jsonl"))).toHaveLength(3500);
  });

  test.each(SESSIONS)("appends to a copy of $name", async (session) => {
    const { content, entries } = session;
    const file = join(await tempDirectory(), "session.jsonl");
    await writeFile(file, content);
    const { code, stdout, stderr } = await runDemo([file, "--json"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const report = JSON.parse(stdout) as Report;
    expect(report).toMatchObject({
      entriesBefore: entries,
      entriesAfter: entries + ADDED,
      migrated: true,
      oneChain: true,
      problems: [],
    });
    expect(report.appendsPerSecond).toBeGreaterThan(0);
    expect(report.worstStallMs).toBeGreaterThanOrEqual(0);
    expect(await readChain(report.path)).toHaveLength(entries + ADDED);
    expect(content.equals(await readFile(file))).toBe(true);
  });

  test("does not take the branches of a session for damage", async () => {
    const file = join(await tempDirectory(), "branched.jsonl");
    const branches = linkedLine("a", null) + linkedLine("b", "a") + linkedLine("c", "a");
    await writeFile(file, HEADER_LINE + branches, { mode: 0o400 });
    const { code, stdout } = await runDemo([file, "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ migrated: false, oneChain: true, problems: [] });
    expect(code).toBe(0);
  });

  test("fails with 1 on a damaged header, and with 74 on a missing file", async () => {
    const file = join(await tempDirectory(), "damaged.jsonl");
    await writeFile(file, "no header\n");
    const damaged = await runDemo([file]);
    expect(damaged).toMatchObject({ code: 1, stdout: "" });
    expect(damaged.stderr).toContain("LEAFLOG_BAD_HEADER");
    expect(damaged.stderr).toContain(`(${file})`);
    expect(await demosIn(damaged.directory)).toEqual([]);
    const missing = await runDemo([`${file}.missing`]);
    expect(missing).toMatchObject({ code: 74, stdout: "" });
    expect(await demosIn(missing.directory)).toEqual([]);
  });
});
