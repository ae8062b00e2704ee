import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { RepairReport } from "../../src/index.js";
import { HEADER_LINE, linkedLine } from "../support/lines.js";
import { runCli } from "../support/run.js";
import { tempDirectory } from "../support/temp-directory.js";

const DAMAGED = [
  HEADER_LINE,
  linkedLine("a", null),
  '{"type":"message","id":"cut","par\n',
  linkedLine("c", "missing\u001b[2J"),
  linkedLine("d", "c"),
  '{"type":"message","id":"torn"',
].join("");

async function fileOf(content: string) {
  const directory = await tempDirectory();
  const file = join(directory, "transcript.jsonl");
  await writeFile(file, content);
  return { directory, file };
}

describe("leaflog repair", () => {
  test.each([
    ["a list", (values: string[]) => `[\n${values.join(",\n")}\n]\n`],
    [
      "JSON over several lines",
      (values: string[]) =>
        values.map((value) => `${JSON.stringify(JSON.parse(value), undefined, 2)}\n`).join(""),
    ],
  ])("puts %s right, and says so", async (_, make) => {
    const lines = [HEADER_LINE, linkedLine("a", null), linkedLine("b", "a")];
    const { file } = await fileOf(make(lines.map((line) => line.trim())));
    const { code, stderr } = await runCli(["repair", "--write", file]);
    expect(code).toBe(0);
    expect(stderr).not.toContain("LEAFLOG_");
    const saved = (await readFile(file, "utf8")).trim().split("\n");
    expect(saved.map((line) => JSON.parse(line))).toEqual(lines.map((line) => JSON.parse(line)));
  });

  test("tells what it would change and writes nothing, unless told to", async () => {
    const { directory, file } = await fileOf(DAMAGED);
    const { code, stdout, stderr } = await runCli(["repair", file]);
    expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
    expect(stdout).toMatch(/^changes: +moved 2, linked 1$/m);
    expect(stdout).toMatch(/^ {2}line 3, \d+ bytes at \d+: moved out: cut$/m);
    expect(stdout).toMatch(/^ {2}line 4, .*its parent missing \[2J is not there/m);
    expect(stdout).toMatch(/^moved: +\d+ bytes$/m);
    expect(stdout).toMatch(/^verdict: +to be repaired: nothing was written; --write does it$/m);
    expect(stdout).not.toContain("\u001b");
    expect(await readFile(file, "utf8")).toBe(DAMAGED);
    expect(await readdir(directory)).toEqual(["transcript.jsonl"]);
  });

  test("with --write it does what it told, keeps a backup, and then has nothing to do", async () => {
    const { file } = await fileOf(DAMAGED);
    const told = JSON.parse((await runCli(["repair", file, "--json"])).stdout) as RepairReport;
    const { code, stdout } = await runCli(["repair", file, "--write", "--json"]);
    expect(code).toBe(0);
    const done = JSON.parse(stdout) as RepairReport;
    expect(done).toMatchObject({ dryRun: false, changed: true, changes: told.changes });
    expect(await readFile(done.backup!, "utf8")).toBe(DAMAGED);
    expect(await readFile(done.damagedFile!, "utf8")).toContain('"reason":"cut"');
    expect((await runCli(["verify", file])).code).toBe(0);
    const again = await runCli(["repair", file, "--write"]);
    expect(again).toMatchObject({ code: 0, stderr: "" });
    expect(again.stdout).toMatch(/^verdict: +nothing to repair$/m);
  });

  test("mends the end alone with --mode tail, without a backup when none is wanted", async () => {
    const { directory, file } = await fileOf(DAMAGED);
    const args = ["repair", file, "--write", "--mode", "tail", "--no-backup"];
    const { code, stdout } = await runCli(args);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ {2}\d+ bytes at \d+: moved out: cut$/m);
    const torn = DAMAGED.lastIndexOf("{");
    expect(await readFile(file, "utf8")).toBe(DAMAGED.slice(0, torn));
    const names = (await readdir(directory)).sort();
    expect(names).toEqual(["transcript.jsonl", expect.stringMatching(/damaged/)]);
  });

  test("fails with 2 on a mode that is none, with 74 on a missing file", async () => {
    const { file } = await fileOf(DAMAGED);
    const bad = await runCli(["repair", file, "--mode", "all"]);
    expect(bad).toMatchObject({ code: 2, stdout: "" });
    expect(bad.stderr).toContain("--mode takes salvage, tail; got all");
    expect((await runCli(["repair", `${file}.none`, "--write"])).code).toBe(74);
  });

  test("fails with 3 where somebody else holds the lock; a dry run does not mind", async () => {
    const { file } = await fileOf(DAMAGED);
    await mkdir(`${file}.lock`);
    expect((await runCli(["repair", file])).code).toBe(1);
    const locked = await runCli(["repair", file, "--write", "--timeout", "200"]);
    expect(locked).toMatchObject({ code: 3, stdout: "" });
    expect(locked.stderr).toContain("LEAFLOG_LOCK_TIMEOUT");
    expect(await readFile(file, "utf8")).toBe(DAMAGED);
  });
});
