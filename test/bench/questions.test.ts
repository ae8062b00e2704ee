import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { parseFlags } from "../../bench/flags.js";
import type { RunRecord } from "../../bench/harness/run-record.js";
import { VALUES } from "../../bench/harness/values.js";
import { QUESTIONS } from "../../bench/questions/questions.js";
import { measuredSeries, questionRecord, runRecord } from "../support/bench/run-record.js";
import { ROOT, runTypeScript } from "../support/run.js";
import { tempDirectory } from "../support/temp-directory.js";

const MAIN = fileURLToPath(new URL("../../bench/main.ts", import.meta.url));

test("every question is in a file of its name, and no series is there twice", async () => {
  for (const { name, series } of QUESTIONS) {
    await readFile(join(ROOT, `bench/questions/${name}.ts`));
    for (const form of ["short", "full"] as const) {
      const ids = series(form).map((one) => `${one.case}/${one.arm}`);
      expect(new Set(ids).size, name).toBe(ids.length);
      expect(
        ids.some((id) => id.includes("leaflog")),
        name,
      ).toBe(true);
    }
  }
});

test("headlines and columns are figures that there are", () => {
  for (const { headline, columns } of QUESTIONS) {
    for (const name of [headline, ...columns]) expect(VALUES[name].label).not.toBe("");
  }
});

test("all rivals have an arm", () => {
  const arms = new Set(QUESTIONS.flatMap(({ series }) => series("full")).map(({ arm }) => arm));
  for (const rival of [
    "floor",
    "appendFile",
    "sonic-boom",
    "sonic-boom tuned",
    "lock per append",
  ]) {
    expect(arms).toContain(rival);
  }
  for (const rival of ["pi", "OpenClaw", "node:sqlite", "before", "idle"]) {
    expect(arms).toContain(rival);
  }
});

test("a run of one question prints one JSON document, and leaves nothing behind", async () => {
  const directory = await tempDirectory();
  const args = ["synced", "--rounds", "1", "--json", "--no-peers", "--directory", directory];
  const { code, stdout, stderr } = await runTypeScript(MAIN, [...args, "--arm", "leaflog synced"]);
  expect(stderr).toContain("synced: round 1 of 1");
  expect(code).toBe(0);
  const run = JSON.parse(stdout) as RunRecord;
  expect(run).toMatchObject({ version: 1, form: "short", machine: { node: process.version } });
  const [question] = run.questions;
  expect(question?.name).toBe("synced");
  expect(question?.series.map(({ arm, state }) => [arm, state])).toEqual([
    ["leaflog synced", "measured"],
    ["leaflog synced", "measured"],
  ]);
  for (const { values, latency } of question?.series ?? []) {
    expect(values.rate?.median).toBeGreaterThan(0);
    expect(latency).toHaveLength(run.probabilities.length);
  }
  expect(await readdir(directory)).toEqual([]);
});

test("what is looked up and what is mirrored is all there", async () => {
  const args = ["lookup", "mirror", "--rounds", "1", "--json", "--no-peers"];
  const { stdout } = await runTypeScript(MAIN, [...args, "--directory", await tempDirectory()]);
  const { questions } = JSON.parse(stdout) as RunRecord;
  expect(questions.map(({ name }) => name)).toEqual(["lookup", "mirror"]);
  for (const { series } of questions) {
    expect(series.map(({ reason }) => reason).filter((reason) => reason !== undefined)).toEqual([]);
    for (const { state, values } of series) {
      expect(state).toBe("measured");
      expect(values.ms?.median).toBeGreaterThan(0);
    }
  }
});

test("an arm whose peer is not installed is reported, not left out", async () => {
  const directory = await tempDirectory();
  const args = [
    "awaited",
    "--rounds",
    "1",
    "--no-peers",
    "--directory",
    directory,
    "--arm",
    "OpenClaw",
  ];
  const { stdout } = await runTypeScript(MAIN, args);
  expect(stdout).toContain("OpenClaw not available: peers were left out (--no-peers)");
});

test("the commands of its page are understood", async () => {
  const readme = await readFile(join(ROOT, "bench/README.md"), "utf8");
  const { scripts } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8"));
  expect(scripts.bench).toBe("tsx bench/main.ts");
  const commands = [...readme.matchAll(/^npm run bench( -- [^#\n]*)?/gm)];
  expect(commands.length).toBeGreaterThan(2);
  for (const [, args = ""] of commands) {
    const { words } = parseFlags(args.replace(" -- ", "").split(" ").filter(Boolean));
    for (const word of words) expect(QUESTIONS.map(({ name }) => name)).toContain(word);
  }
});

test("a run that was kept is printed again", async () => {
  const directory = await tempDirectory();
  const file = join(directory, "run.json");
  const awaited = measuredSeries("300 B, new file", "leaflog", { rate: 1234 });
  await writeFile(file, JSON.stringify(runRecord([questionRecord("awaited", [awaited])])));
  const { code, stdout } = await runTypeScript(MAIN, ["--from", file, "--markdown"]);
  expect(code).toBe(0);
  expect(stdout).toContain("| awaited: 300 B, new file | 1,234 appends/s |");
});

test("a question that there is none of is a mistake in the command line", async () => {
  const { code, stderr } = await runTypeScript(MAIN, ["no-such-question"]);
  expect(code).toBe(2);
  expect(stderr).toContain("no question's name holds no-such-question");
});
