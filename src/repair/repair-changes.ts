import { Findings } from "../read/verify/verify-findings.js";
import type { RepairChange, RepairReport } from "./repair-report.js";

/** Counts the changes of a repair, and keeps the first of them. */
export class RepairChanges {
  readonly #changes = new Findings<RepairChange>();
  readonly #counts: Record<RepairChange["kind"], number> = {
    header: 0,
    separated: 0,
    moved: 0,
    terminated: 0,
    replaced: 0,
    linked: 0,
    adopted: 0,
    reidentified: 0,
  };

  add(change: RepairChange): void {
    this.#changes.add(change);
    this.#counts[change.kind] += 1;
  }

  /** For the report. */
  get listed(): RepairReport["changes"] {
    return { ...this.#changes.listed, counts: this.#counts };
  }
}
