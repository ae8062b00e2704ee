import type { Form } from "../harness/question.js";
import type { ValueName } from "../harness/values.js";

/** A figure of a run. */
export interface Figure {
  readonly question: string;
  /**
   * The case whose name starts so; of several, the first that the run has: the forms differ in the
   * sizes of their files. @default any
   */
  readonly case?: string | readonly string[];
  readonly arm: string;
  readonly value: ValueName;
}

/** What the benchmarks are to show. */
export interface Target {
  readonly question: string;
  readonly asks: string;
  readonly of: Figure;
  /** The figure is divided by this one. */
  readonly per?: Figure;
  /** Is taken from the figure. */
  readonly above?: Figure;
  readonly atLeast?: number;
  readonly atMost?: number;
  /** @default "x", a ratio */
  readonly unit?: "x" | "ms" | "MB" | "bytes";
  /** The one form that has its figures. @default both */
  readonly form?: Form;
}
