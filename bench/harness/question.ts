import type { ValueName, Values } from "./values.js";

/** The short form is for a look, the full one for what one publishes. */
export type Form = "short" | "full";

/** One arm on one size of the workload: what a trial is made of. */
export interface Series {
  /** The size: files, bytes, how many at once. */
  readonly case: string;
  readonly arm: string;
}

/** The arm of every question that looks at the event loop: a process that does nothing. */
export const IDLE = "idle";

/** Where a trial works. */
export interface TrialPlace {
  readonly form: Form;
  /** Empty, its own, and removed afterwards. */
  readonly directory: string;
  /** What the question prepared, shared by its trials, which run one after another. */
  readonly fixtures: string;
}

/** What a trial came to. */
export interface TrialResult {
  readonly values: Values;
  /** Milliseconds of the single calls, at each of PROBABILITIES. */
  readonly latency?: readonly number[];
  /** Milliseconds that the heartbeats came late, at each of PROBABILITIES. */
  readonly gaps?: readonly number[];
  /** Why what it wrote or read does not count. */
  readonly fault?: string;
}

/** One question, answered by interleaved trials of its series. */
export interface Question {
  readonly name: string;
  /** What is asked, in one sentence. */
  readonly asks: string;
  /** The figure by which its arms are compared. */
  readonly headline: ValueName;
  /** Further figures to print. */
  readonly columns: readonly ValueName[];
  series(form: Form): readonly Series[];
  /** Makes what the trials share, before the first of them. */
  prepare?(directory: string, form: Form): Promise<void>;
  /** Runs in a process of its own. */
  trial(series: Series, place: TrialPlace): Promise<TrialResult>;
}

/** `arms` on each of `cases`. */
export function each(cases: readonly string[], arms: readonly string[]): Series[] {
  return cases.flatMap((name) => arms.map((arm) => ({ case: name, arm })));
}

/** For questions to list among their series. */
export const IDLE_SERIES: Series = { case: "", arm: IDLE };
