import type { QuestionRecord, RunRecord } from "../harness/run-record.js";
import { VALUES } from "../harness/values.js";
import { reachOf } from "../reach/reach.js";
import { figure } from "./figures.js";
import { type Grid, markdownGrid } from "./grid.js";
import { caseGroups, comparison, isOwn, notMeasured, ownSeries } from "./question-grid.js";
import { reachGrid } from "./text.js";

/** For the README: each question's headline, arm by arm, and the reach table. */
export function markdownLines(run: RunRecord): string[] {
  const { node, cpu, cores, fileSystem, load } = run.machine;
  const reach = reachOf(run);
  return [
    `Node ${node}, ${cores} cores of ${cpu}, ${fileSystem}, ${run.form} form, load ${load}.`,
    "",
    ...markdownGrid(comparisonGrid(run)),
    ...(reach.length > 0 ? ["", ...markdownGrid(reachGrid(reach))] : []),
  ];
}

/** A row for each case: what leaflog reaches, and how many times that of each other arm. */
export function comparisonGrid(run: RunRecord): Grid {
  return {
    head: ["question", "leaflog", "leaflog is … times as good as"],
    rows: run.questions.flatMap((question) =>
      caseGroups(question).flatMap((group) => {
        const own = ownSeries(group);
        if (own === undefined) return [];
        const mine = own.values[question.headline]?.median;
        const others = group.series.filter((series) => !isOwn(series));
        const compared = others.map((series) =>
          series.state === "measured"
            ? `${series.arm} ${comparison(question, series, mine)}`
            : `${series.arm}: ${notMeasured(series)}`,
        );
        const result = mine === undefined ? notMeasured(own) : withUnit(question, mine);
        return [[`${question.name}: ${group.name}`, result, compared.join(", ")]];
      }),
    ),
  };
}

function withUnit({ headline }: QuestionRecord, value: number): string {
  return `${figure(value)} ${VALUES[headline].label}`;
}
