import type { Listed } from "./verify-report.js";

/** Findings of one kind that a report lists; it counts the others. */
export const MAX_LISTED = 100;

/** Counts findings, and keeps the first of them. */
export class Findings<T> implements Listed<T> {
  readonly first: T[] = [];
  total = 0;

  add(finding: T): void {
    this.total += 1;
    if (this.first.length < MAX_LISTED) this.first.push(finding);
  }

  /** For a report: a plain object. */
  get listed(): Listed<T> {
    return { total: this.total, first: this.first };
  }
}
