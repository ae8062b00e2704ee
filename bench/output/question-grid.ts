import { IDLE } from "../harness/question.js";
import type { QuestionRecord, SeriesRecord } from "../harness/run-record.js";
import { VALUES, type ValueName } from "../harness/values.js";
import { timesBetter } from "../reach/reach.js";
import { figure, times } from "./figures.js";
import type { Grid } from "./grid.js";

/** Series of one size of the workload, to be compared with one another. */
export interface CaseGroup {
  readonly name: string;
  readonly series: readonly SeriesRecord[];
}

export function caseGroups({ series }: QuestionRecord): CaseGroup[] {
  const names = [...new Set(series.map((one) => one.case))];
  return names.map((name) => ({ name, series: series.filter((one) => one.case === name) }));
}

/** One case of a question: an arm a row. */
export function caseGrid(question: QuestionRecord, group: CaseGroup): Grid {
  const names: ValueName[] = [question.headline, ...question.columns];
  const mine = ownSeries(group)?.values[question.headline]?.median;
  return {
    head: [
      "arm",
      VALUES[question.headline].label,
      "min … max",
      "leaflog is",
      ...question.columns.map((name) => VALUES[name].label),
    ],
    rows: group.series.map((series) => {
      if (series.state !== "measured") {
        return [series.arm, shortState(series), ...names.map(() => ""), ""];
      }
      const spread = series.values[question.headline];
      const range = spread ? `${figure(spread.min)} … ${figure(spread.max)}` : "";
      const rest = question.columns.map((name) => figure(series.values[name]?.median));
      return [
        series.arm,
        figure(spread?.median),
        range,
        comparison(question, series, mine),
        ...rest,
      ];
    }),
  };
}

/** Such as `disqualified: 2 roots and 1 forks: not one chain`. */
export function notMeasured(series: SeriesRecord): string {
  const lines = (series.reason ?? "").split("\n").map((line) => line.trim());
  // A process that broke off says where before it says why.
  const telling = lines.find((line) => /Error\b/.test(line)) ?? lines[0];
  return `${shortState(series)}: ${telling}`;
}

export function shortState({ state }: SeriesRecord): string {
  return state === "unavailable" ? "not available" : state;
}

/** How many times better leaflog is than the arm; nothing for itself. */
export function comparison(
  { headline }: QuestionRecord,
  series: SeriesRecord,
  mine: number | undefined,
): string {
  const theirs = series.values[headline]?.median;
  if (mine === undefined || theirs === undefined || isOwn(series) || series.arm === IDLE) return "";
  return times(timesBetter(headline, mine, theirs));
}

/** The arm of this library that the others are held against: the first one. */
export function ownSeries({ series }: CaseGroup): SeriesRecord | undefined {
  return series.find(isOwn);
}

export function isOwn({ arm }: SeriesRecord): boolean {
  return arm.startsWith("leaflog");
}
