import type { Series, TrialResult } from "./question.js";
import type { SeriesRecord, SeriesState } from "./run-record.js";
import { medianDistribution, spread } from "./statistics.js";
import type { TrialAnswer } from "./trial.js";
import type { ValueName } from "./values.js";

/** Collects the trials of one series. */
export class SeriesTally {
  readonly series: Series;
  readonly #results: TrialResult[] = [];
  #state: SeriesState = "measured";
  #reason: string | undefined;

  constructor(series: Series) {
    this.series = series;
  }

  /** Whether further trials are of no use. */
  get out(): boolean {
    return this.#state !== "measured";
  }

  add(answer: TrialAnswer): void {
    if ("unavailable" in answer) this.#end("unavailable", answer.unavailable);
    else if ("failed" in answer) this.#end("failed", answer.failed);
    else if (answer.result.fault !== undefined) this.#end("disqualified", answer.result.fault);
    else this.#results.push(answer.result);
  }

  #end(state: SeriesState, reason: string): void {
    this.#state = state;
    this.#reason = reason;
  }

  /** An arm that was wrong once has no figures, however many trials went well. */
  record(): SeriesRecord {
    const { case: name, arm } = this.series;
    if (this.out) {
      const reason = this.#reason ?? "";
      return { case: name, arm, state: this.#state, reason, rounds: 0, values: {} };
    }
    const latency = this.#distributions((result) => result.latency);
    const gaps = this.#distributions((result) => result.gaps);
    return {
      case: name,
      arm,
      state: this.#state,
      rounds: this.#results.length,
      values: this.#values(),
      ...(latency && { latency }),
      ...(gaps && { gaps }),
    };
  }

  #values(): SeriesRecord["values"] {
    const [first] = this.#results;
    const names = Object.keys(first?.values ?? {}) as ValueName[];
    return Object.fromEntries(
      names.map((name) => [
        name,
        spread(this.#results.map(({ values }) => values[name] as number)),
      ]),
    );
  }

  #distributions(of: (result: TrialResult) => readonly number[] | undefined): number[] | undefined {
    const rounds = this.#results.map(of).filter((list) => list !== undefined);
    return rounds.length > 0 ? medianDistribution(rounds) : undefined;
  }
}
