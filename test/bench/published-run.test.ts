import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { ROUNDS } from "../../bench/flags.js";
import type { RunRecord } from "../../bench/harness/run-record.js";
import { markdownGrid } from "../../bench/output/grid.js";
import { comparisonGrid, markdownLines } from "../../bench/output/markdown.js";
import { Palette } from "../../bench/output/palette.js";
import { QUESTIONS } from "../../bench/questions/questions.js";
import { reachOf } from "../../bench/reach/reach.js";
import { TARGETS } from "../../bench/reach/targets.js";

const read = (path: string): Promise<string> =>
  readFile(fileURLToPath(new URL(`../../${path}`, import.meta.url)), "utf8");

const run = JSON.parse(await read("bench/published-run.json")) as RunRecord;
const page = await read("bench/README.md");
const readme = await read("README.md");

test("the run that is published asked every question in full", () => {
  expect(run.form).toBe("full");
  expect(run.questions.map(({ name }) => name)).toEqual(QUESTIONS.map(({ name }) => name));
  const series = run.questions.flatMap((question) => question.series);
  const others = series.filter(({ state }) => state !== "measured");
  // Its ids of eight characters come twice, in some runs.
  expect(others.filter(({ arm }) => arm !== "pi open")).toEqual([]);
  const rounds = series.filter(({ state }) => state === "measured").map((one) => one.rounds);
  expect(Math.min(...rounds)).toBeGreaterThanOrEqual(ROUNDS);
});

test("the table of the benchmarks' page is that of the run, line by line", () => {
  const lines = page.split("\n");
  const [head = ""] = markdownGrid(comparisonGrid(run));
  const start = lines.indexOf(head);
  const table = lines.slice(start, lines.indexOf("", start));
  expect(table).toEqual(markdownGrid(comparisonGrid(run)));
  expect(page).toContain(markdownLines(run)[0]);
});

test("what the README compares is taken from it", () => {
  const grid = markdownGrid(comparisonGrid(run));
  const lines = readme.split("\n");
  const start = lines.indexOf(grid[0] as string);
  const table = lines.slice(start, lines.indexOf("", start));
  expect(table.length).toBeGreaterThan(10);
  for (const line of table) expect(grid).toContain(line);
});

test("the page tells how many targets the run hit", () => {
  const rows = reachOf(run);
  expect(rows).toHaveLength(TARGETS.length);
  const hits = rows.filter(({ outcome }) => outcome === "hit").length;
  expect(page).toContain(`${hits} of ${rows.length} targets`);
});

test("no two arms of a plot have the same colour", () => {
  const palette = new Palette();
  for (const { name, series } of run.questions) {
    for (const { case: of } of series) {
      const arms = new Set(series.filter((one) => one.case === of).map(({ arm }) => arm));
      const colours = [...arms].map((arm) => palette.of(arm));
      expect(new Set(colours).size, `${name}: ${of}`).toBe(arms.size);
    }
  }
});
