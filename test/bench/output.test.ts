import { describe, expect, test } from "vitest";
import type { SeriesRecord } from "../../bench/harness/run-record.js";
import { PROBABILITIES } from "../../bench/harness/statistics.js";
import { figure, times } from "../../bench/output/figures.js";
import { markdownGrid, printGrid } from "../../bench/output/grid.js";
import { escapeHtml, htmlTable } from "../../bench/output/html.js";
import { markdownLines } from "../../bench/output/markdown.js";
import type { Drawing } from "../../bench/output/plot-library.js";
import { bytesOf } from "../../bench/output/plots.js";
import { renderPage } from "../../bench/output/report-page.js";
import { runLines } from "../../bench/output/text.js";
import { measuredSeries, questionRecord, runRecord } from "../support/bench/run-record.js";

test("figures have three digits, and thousands apart", () => {
  expect([1_234_567, 123.4, 12.34, 1.234, 0.0123, 0.00042, 0].map(figure)).toEqual([
    "1,234,567",
    "123",
    "12.3",
    "1.23",
    "0.01",
    "0.0004",
    "0",
  ]);
  expect([figure(undefined), times(Number.POSITIVE_INFINITY)]).toEqual(["", ""]);
});

describe("grids", () => {
  const grid = { head: ["arm", "rate"], rows: [["a|b", "1,000"]] };

  test("align in a terminal", () => {
    expect(printGrid(grid)).toEqual(["arm   rate", "a|b  1,000"]);
  });

  test("keep their columns in Markdown and their text in HTML", () => {
    expect(markdownGrid(grid)).toEqual(["| arm | rate |", "|---|---:|", "| a\\|b | 1,000 |"]);
    expect(htmlTable({ head: ["<b>"], rows: [["&"]] }, () => "own")).toContain(
      '<th>&lt;b&gt;</th></tr></thead><tbody><tr class="own"><td>&amp;</td>',
    );
    expect(escapeHtml(`"'`)).toBe("&quot;&#39;");
  });
});

test("sizes are told from the names of cases", () => {
  expect(bytesOf("64 MB")).toBe(64 * 1024 * 1024);
  expect(bytesOf("4 GB")).toBe(4 * 1024 ** 3);
  expect(bytesOf("one by one")).toBeUndefined();
});

const DISTRIBUTION = PROBABILITIES.map((_, index) => index / 10);
const DISQUALIFIED: SeriesRecord = {
  case: "300 B, new file",
  arm: "rival",
  state: "disqualified",
  reason: "9 lines, not 10",
  rounds: 0,
  values: {},
};
const RUN = runRecord([
  questionRecord("awaited", [
    measuredSeries("", "idle", { gapMs: 2 }),
    {
      ...measuredSeries("300 B, new file", "leaflog", { rate: 4321, gapMs: 3 }),
      latency: DISTRIBUTION,
      gaps: DISTRIBUTION,
    },
    measuredSeries("300 B, new file", "floor", { rate: 8642, gapMs: 3 }),
    DISQUALIFIED,
  ]),
]);

test("machine, file system, Node, form and the idle event loop are told", () => {
  const lines = runLines(RUN).join("\n");
  for (const fact of ["v24.0.0", "ext4", "Processor x 2", "short form", "awaited 2.00 ms"]) {
    expect(lines).toContain(fact);
  }
});

test("in Markdown, a row tells what leaflog reaches and what that is of the others", () => {
  const lines = markdownLines(RUN);
  expect(lines).toContain(
    "| awaited: 300 B, new file | 4,321 appends/s | floor 0.50 x, rival: disqualified: 9 lines, not 10 |",
  );
});

describe("the report", () => {
  const drawn: object[] = [];
  const mark = () => ({});
  const drawing: Drawing = {
    draw: (options) => `<svg data-plot="${drawn.push(options)}"></svg>`,
    plot: () => ({ outerHTML: "" }),
    barX: mark,
    dot: mark,
    line: mark,
    link: mark,
    text: mark,
    ruleX: mark,
    ruleY: mark,
    axisX: mark,
    axisY: mark,
  };
  const page = renderPage(RUN, drawing);

  test("holds the figures of the run, and who was disqualified", () => {
    expect(page).toContain("<td>4,321</td>");
    expect(page).toContain("<td>0.50 x</td>");
    expect(page).toContain("rival disqualified: 9 lines, not 10");
    expect(page).toContain("1 missed");
  });

  test("draws bars, latencies and the event loop", () => {
    expect(drawn).toHaveLength(3);
    expect(page.match(/<svg data-plot/g)).toHaveLength(3);
  });

  test("needs nothing else: no script, no file, no network", () => {
    expect(page).not.toMatch(/<script|<link|src=|url\(|@import|https?:/);
  });
});
