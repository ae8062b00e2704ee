import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { IDLE, type Question } from "./question.js";
import type { QuestionRecord, SeriesRecord } from "./run-record.js";
import { SeriesTally } from "./series-tally.js";
import { type Laboratory, runTrial } from "./trial-process.js";
import type { ValueName } from "./values.js";

export interface RoundsOptions {
  readonly rounds: number;
  /** Arms to run; the idle one is always run. */
  readonly arms?: readonly string[];
  note(line: string): void;
}

/** Answers one question: its series by turns, round after round. */
export async function runQuestion(
  question: Question,
  laboratory: Laboratory,
  options: RoundsOptions,
): Promise<QuestionRecord> {
  const { arms, note, rounds } = options;
  const chosen = question
    .series(laboratory.form)
    .filter(({ arm }) => arm === IDLE || arms === undefined || arms.includes(arm));
  const fixtures = join(laboratory.directory, question.name);
  await mkdir(fixtures);
  try {
    note(`${question.name}: preparing`);
    await question.prepare?.(fixtures, laboratory.form);
    const tallies = chosen.map((series) => new SeriesTally(series));
    for (let round = 0; round < rounds; round += 1) {
      note(`${question.name}: round ${round + 1} of ${rounds}`);
      for (const tally of inTurn(tallies, round)) {
        if (tally.out) continue;
        tally.add(await runTrial(laboratory, question.name, tally.series));
      }
    }
    return record(
      question,
      tallies.map((tally) => tally.record()),
    );
  } finally {
    await rm(fixtures, { recursive: true, force: true });
  }
}

/** Each round begins with another: what comes first in a round shall not always be the same. */
function inTurn<T>(list: readonly T[], round: number): T[] {
  const start = list.length === 0 ? 0 : round % list.length;
  return [...list.slice(start), ...list.slice(0, start)];
}

function record(question: Question, series: readonly SeriesRecord[]): QuestionRecord {
  const { name, asks, headline, columns } = question;
  return { name, asks, headline, columns, series: aboveIdle(series) };
}

/** Fills in how much worse each worst gap is than that of the idle process. */
export function aboveIdle(series: readonly SeriesRecord[]): SeriesRecord[] {
  const idle = series.find(({ arm }) => arm === IDLE)?.values.gapMs?.median;
  return series.map((one) => {
    const { gapMs } = one.values;
    if (idle === undefined || gapMs === undefined || one.arm === IDLE) return one;
    const above = (ms: number) => Math.max(0, ms - idle);
    const gapAboveIdleMs = {
      median: above(gapMs.median),
      min: above(gapMs.min),
      max: above(gapMs.max),
    };
    const values: Partial<Record<ValueName, typeof gapMs>> = { ...one.values, gapAboveIdleMs };
    return { ...one, values };
  });
}
