import type { RunRecord, SeriesRecord } from "../harness/run-record.js";
import { VALUES, type ValueName } from "../harness/values.js";
import type { Figure, Target } from "./target.js";
import { TARGETS } from "./targets.js";

/** What became of one target in one run. */
export interface ReachRow {
  readonly question: string;
  readonly asks: string;
  /** Such as `>= 1.5 x`. */
  readonly target: string;
  /** Absent where it was not measured. */
  readonly measured?: number;
  readonly unit: string;
  readonly outcome: "hit" | "miss" | "not measured";
  /** The case that was measured, where the target leaves it open; or why it was not. */
  readonly note?: string;
}

/** Holds a run against the targets. Those that the run has nothing on are told as well. */
export function reachOf(run: RunRecord, targets: readonly Target[] = TARGETS): ReachRow[] {
  return targets.flatMap((target) => {
    const row = rowOf(run, target);
    return row === undefined ? [] : [row];
  });
}

function rowOf(run: RunRecord, target: Target): ReachRow | undefined {
  const { question, asks, unit = "x" } = target;
  const head = { question, asks, target: aim(target), unit };
  const of = find(run, target.of);
  if (of === undefined) return undefined;
  const per = target.per && find(run, target.per);
  const above = target.above && find(run, target.above);
  const measured = ratio(difference(medianOf(of, target.of.value), target, above), target, per);
  if (measured === undefined) {
    const note = [of, per, above].find((series) => series && series.state !== "measured");
    const why = note ? `${note.arm}: ${note.state}` : "no figure for what it is held against";
    return { ...head, outcome: "not measured", note: why };
  }
  return {
    ...head,
    measured,
    outcome: reaches(measured, target) ? "hit" : "miss",
    // The form decides about some sizes: the row tells which it was.
    ...(typeof target.of.case !== "string" && of.case !== "" && { note: of.case }),
  };
}

/** Undefined where the form of the run has no such case: nothing is missing then. */
function find(run: RunRecord, figure: Figure): SeriesRecord | undefined {
  const question = run.questions.find(({ name }) => name === figure.question);
  const series = question?.series.filter(({ arm }) => arm === figure.arm) ?? [];
  const names = [figure.case ?? ""].flat();
  return names
    .map((name) => series.find((one) => one.case.startsWith(name)))
    .find((found) => found !== undefined);
}

function medianOf(series: SeriesRecord | undefined, name: ValueName): number | undefined {
  return series?.values[name]?.median;
}

function difference(
  of: number | undefined,
  target: Target,
  above: SeriesRecord | undefined,
): number | undefined {
  if (of === undefined || target.above === undefined) return of;
  const less = medianOf(above, target.above.value);
  return less === undefined ? undefined : of - less;
}

function ratio(
  of: number | undefined,
  target: Target,
  per: SeriesRecord | undefined,
): number | undefined {
  if (of === undefined || target.per === undefined) return of;
  const divisor = medianOf(per, target.per.value);
  return divisor === undefined || divisor === 0 ? undefined : of / divisor;
}

function reaches(measured: number, { atLeast, atMost }: Target): boolean {
  return (
    (atLeast === undefined || measured >= atLeast) && (atMost === undefined || measured <= atMost)
  );
}

function aim({ atLeast, atMost, unit = "x" }: Target): string {
  return atLeast === undefined ? `<= ${atMost} ${unit}` : `>= ${atLeast} ${unit}`;
}

/** How many times better `mine` is than `theirs`, by what is better for that figure. */
export function timesBetter(value: ValueName, mine: number, theirs: number): number {
  return VALUES[value].better === "more" ? mine / theirs : theirs / mine;
}
