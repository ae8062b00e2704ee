import type { QuestionRecord, RunRecord } from "../harness/run-record.js";
import { type ReachRow, reachOf } from "../reach/reach.js";
import { WRITERS } from "../writers/writers.js";
import { escapeHtml, htmlTable } from "./html.js";
import { PAGE_STYLE } from "./page-style.js";
import { Palette } from "./palette.js";
import { type Drawing, loadPlot } from "./plot-library.js";
import { barPlot, bytesOf, distributionPlot, sizePlot } from "./plots.js";
import { type CaseGroup, caseGrid, caseGroups, isOwn, notMeasured } from "./question-grid.js";
import { reachGrid, runLines } from "./text.js";

/**
 * A run as one HTML page that needs nothing else, no network and no script.
 *
 * @throws Unavailable when the plotting library is not installed
 */
export async function reportPage(run: RunRecord): Promise<string> {
  return renderPage(run, await loadPlot());
}

/** The same, with plots drawn by `drawing`. */
export function renderPage(run: RunRecord, drawing: Drawing): string {
  return new ReportPage(drawing, run).html();
}

class ReportPage {
  readonly #drawing: Drawing;
  readonly #run: RunRecord;
  readonly #palette = new Palette();

  constructor(drawing: Drawing, run: RunRecord) {
    this.#drawing = drawing;
    this.#run = run;
  }

  html(): string {
    const { questions } = this.#run;
    const links = questions.map(({ name }) => `<a href="#${name}">${escapeHtml(name)}</a>`);
    const facts = runLines(this.#run).map((line) => escapeHtml(line));
    return `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>leaflog benchmarks</title><style>${PAGE_STYLE}</style></head>
<body><main>
<h1>leaflog benchmarks</h1>
<p class="quiet">${facts.join("<br>")}</p>
<nav>${links.join("")}<a href="#reach">targets</a><a href="#arms">arms</a></nav>
${questions.map((question) => this.#question(question)).join("\n")}
${reachSection(reachOf(this.#run))}
${armsSection(questions)}
</main></body></html>
`;
  }

  #question(question: QuestionRecord): string {
    const bySize = question.series.filter((one) => bytesOf(one.case) !== undefined);
    const sizes = new Set(bySize.map((one) => one.case));
    // Sizes of files belong on an axis where there are several.
    const againstSize =
      sizes.size > 2
        ? card("by the size of the file", sizePlot(this.#drawing, this.#palette, question))
        : "";
    return `<section id="${question.name}"><h2>${escapeHtml(question.name)}</h2>
<p class="quiet">${escapeHtml(question.asks)}</p>
<div class="cards">${againstSize}${caseGroups(question)
      .filter(({ name }) => name !== "")
      .map((group) => this.#case(question, group))
      .join("")}${this.#gaps(question)}</div></section>`;
  }

  #case(question: QuestionRecord, group: CaseGroup): string {
    const bars = barPlot(this.#drawing, this.#palette, question, group);
    const latency = { of: "latency", label: "ms for one append" } as const;
    const { probabilities } = this.#run;
    const calls = distributionPlot(
      this.#drawing,
      this.#palette,
      group.series,
      latency,
      probabilities,
    );
    const own = (index: number) => (isOwn(group.series[index] as never) ? "own" : "");
    const notes = group.series
      .filter(({ state }) => state !== "measured")
      .map((series) => `<p class="note">${escapeHtml(`${series.arm} ${notMeasured(series)}`)}</p>`);
    const table = htmlTable(caseGrid(question, group), own);
    const plots = [bars, calls].filter((plot) => plot !== "").map(plotBox);
    return `<div class="card"><h3>${escapeHtml(group.name)}</h3>${plots.join("")}${table}${notes.join("")}</div>`;
  }

  /** The event loop in each case, held against that of the idle process. */
  #gaps(question: QuestionRecord): string {
    const idle = question.series.filter(({ arm }) => arm === "idle");
    if (idle.length === 0) return "";
    const gaps = { of: "gaps", label: "ms that a 1 ms heartbeat came late" } as const;
    return caseGroups(question)
      .filter(({ name }) => name !== "")
      .map(({ name, series }) => {
        const all = [...series, ...idle];
        const { probabilities } = this.#run;
        const plot = distributionPlot(this.#drawing, this.#palette, all, gaps, probabilities);
        return card(`${name}: the event loop`, plot);
      })
      .join("");
  }
}

function plotBox(plot: string): string {
  return `<div class="plot">${plot}</div>`;
}

function card(title: string, plot: string): string {
  return plot === "" ? "" : `<div class="card"><h3>${escapeHtml(title)}</h3>${plotBox(plot)}</div>`;
}

function reachSection(rows: readonly ReachRow[]): string {
  if (rows.length === 0) return "";
  const count = (outcome: ReachRow["outcome"]) =>
    rows.filter((row) => row.outcome === outcome).length;
  const badges = [
    `<span class="badge hit">${count("hit")} hit</span>`,
    `<span class="badge miss">${count("miss")} missed</span>`,
    `<span class="badge none">${count("not measured")} not measured</span>`,
  ];
  const table = htmlTable(reachGrid(rows), (index) => (rows[index] as ReachRow).outcome);
  return `<section id="reach"><h2>Targets</h2><div class="badges">${badges.join("")}</div>
<div class="card reach">${table}</div></section>`;
}

/** What the arms of this run are. */
function armsSection(questions: readonly QuestionRecord[]): string {
  const arms = new Set(questions.flatMap(({ series }) => series.map(({ arm }) => arm)));
  const rows = Object.entries(WRITERS)
    .filter(([name]) => arms.has(name))
    .map(([name, { about }]) => [name, about]);
  if (rows.length === 0) return "";
  return `<section id="arms"><h2>Arms</h2><div class="card reach">${htmlTable({ head: ["arm", "is"], rows })}</div></section>`;
}
