import type { QuestionRecord, RunRecord, SeriesRecord } from "../../../bench/harness/run-record.js";
import { PROBABILITIES } from "../../../bench/harness/statistics.js";
import type { Values } from "../../../bench/harness/values.js";

/** A series that was measured, each value the same in all rounds. */
export function measuredSeries(name: string, arm: string, values: Values): SeriesRecord {
  const spreads = Object.entries(values).map(([key, value]) => [
    key,
    { median: value, min: value, max: value },
  ]);
  return { case: name, arm, state: "measured", rounds: 7, values: Object.fromEntries(spreads) };
}

export function questionRecord(name: string, series: readonly SeriesRecord[]): QuestionRecord {
  return { name, asks: `What about ${name}?`, headline: "rate", columns: ["gapMs"], series };
}

export function runRecord(questions: readonly QuestionRecord[]): RunRecord {
  return {
    version: 1,
    startedAt: "2026-01-01T00:00:00.000Z",
    seconds: 12,
    form: "short",
    machine: {
      node: "v24.0.0",
      system: "Linux 6",
      cpu: "Processor",
      cores: 2,
      memoryGb: 8,
      fileSystem: "ext4",
      load: 0.1,
    },
    probabilities: PROBABILITIES,
    questions,
  };
}
