import type { Machine } from "./machine.js";
import type { Form } from "./question.js";
import type { Spread } from "./statistics.js";
import type { ValueName } from "./values.js";

/**
 * - `measured`: its figures count;
 * - `disqualified`: what it wrote or read is not whole;
 * - `unavailable`: it cannot run here;
 * - `failed`: it ran, and broke off.
 */
export type SeriesState = "measured" | "disqualified" | "unavailable" | "failed";

/** What the rounds of one series came to. */
export interface SeriesRecord {
  readonly case: string;
  readonly arm: string;
  readonly state: SeriesState;
  /** Why it was not measured. */
  readonly reason?: string;
  /** Trials that count. */
  readonly rounds: number;
  readonly values: Readonly<Partial<Record<ValueName, Spread>>>;
  /** Milliseconds of single calls, at each of the run's probabilities. */
  readonly latency?: readonly number[];
  /** Milliseconds that heartbeats came late, at each of the run's probabilities. */
  readonly gaps?: readonly number[];
}

export interface QuestionRecord {
  readonly name: string;
  readonly asks: string;
  readonly headline: ValueName;
  readonly columns: readonly ValueName[];
  readonly series: readonly SeriesRecord[];
}

/** A run of the benchmarks: what `--json` prints and `--from` reads. */
export interface RunRecord {
  /** Of this document. Fields may be added within a version. */
  readonly version: 1;
  readonly startedAt: string;
  readonly seconds: number;
  readonly form: Form;
  readonly machine: Machine;
  readonly probabilities: readonly number[];
  readonly questions: readonly QuestionRecord[];
}
