import { IDLE } from "../harness/question.js";
import type { QuestionRecord, RunRecord } from "../harness/run-record.js";
import { type ReachRow, reachOf } from "../reach/reach.js";
import { TARGETS } from "../reach/targets.js";
import { figure } from "./figures.js";
import { type Grid, printGrid } from "./grid.js";
import { caseGrid, caseGroups, notMeasured } from "./question-grid.js";

/** Machine, file system, Node, form, and what the event loop does when idle. */
export function runLines(run: RunRecord): string[] {
  const { node, system, cpu, cores, memoryGb, fileSystem, load } = run.machine;
  const seconds = Math.round(run.seconds);
  const idle = idleGaps(run);
  return [
    `Node ${node}, ${system}, ${cpu} x ${cores}, ${memoryGb} GB, ${fileSystem}, load ${load}`,
    `${run.form} form, ${run.startedAt.slice(0, 10)}, ${seconds} s; medians of rounds, one process a trial`,
    ...(idle.length > 0 ? [`an idle process's worst gaps: ${idle.join(", ")}`] : []),
  ];
}

function idleGaps({ questions }: RunRecord): string[] {
  return questions.flatMap(({ name, series }) => {
    const gap = series.find(({ arm }) => arm === IDLE)?.values.gapMs?.median;
    return gap === undefined ? [] : [`${name} ${figure(gap)} ms`];
  });
}

/** A question's tables, for a terminal. */
export function questionLines(question: QuestionRecord): string[] {
  const groups = caseGroups(question);
  return [
    `${question.name}: ${question.asks}`,
    ...groups.flatMap((group) => [
      "",
      ...(group.name === "" ? [] : [`  ${group.name}`]),
      ...printGrid(caseGrid(question, group)).map((line) => `  ${line}`),
      ...group.series
        .filter(({ state }) => state !== "measured")
        .map((series) => `  ${series.arm} ${notMeasured(series)}`),
    ]),
    "",
  ];
}

/** Targets, what was measured, and what that makes. */
export function reachGrid(rows: readonly ReachRow[]): Grid {
  return {
    head: ["question", "target", "measured", ""],
    rows: rows.map((row) => [
      `${row.question}: ${row.asks}${row.note ? ` (${row.note})` : ""}`,
      row.target,
      row.measured === undefined ? "" : `${figure(row.measured)} ${row.unit}`,
      row.outcome,
    ]),
  };
}

export function reachLines(run: RunRecord): string[] {
  const rows = reachOf(run);
  if (rows.length === 0) return [];
  const count = (outcome: ReachRow["outcome"]) =>
    rows.filter((row) => row.outcome === outcome).length;
  const missing = count("not measured");
  return [
    ...printGrid(reachGrid(rows)),
    "",
    `${count("hit")} of ${rows.length} targets hit, ${count("miss")} missed${missing > 0 ? `, ${missing} not measured` : ""}`,
    ...longFormLines(run),
  ];
}

/** What is not held against this run, so that nobody takes the rows for all there are. */
function longFormLines({ form, questions }: RunRecord): string[] {
  const asked = new Set(questions.map(({ name }) => name));
  const others = TARGETS.filter(
    (target) => target.form !== undefined && target.form !== form && asked.has(target.of.question),
  );
  return others.length === 0 ? [] : [`${others.length} more are measured by the long form: --full`];
}
