import type { LineFacts } from "../../scan/lines/line-facts.js";
import { Findings } from "./verify-findings.js";
import type { Extent } from "./verify-report.js";

interface OpenBatch extends Extent {
  present: number;
  readonly size: number;
}

/** Follows batches through a file, and finds those of which the end, or a part, is missing. */
export class BatchWatch {
  readonly interrupted: Findings<Extent & { readonly present: number; readonly size: number }> =
    new Findings();
  #open: OpenBatch | undefined;
  #next = 0;

  /** Takes the next linked entry. */
  meet({ batch }: LineFacts, { offset, length }: Extent): void {
    const open = this.#open;
    if (open && batch && batch.size === open.size && batch.index >= this.#next) {
      open.present += 1;
    } else {
      this.finish();
      if (batch === undefined) return;
      this.#open = { offset, length, present: 1, size: batch.size };
    }
    this.#next = batch.index + 1;
    if (this.#next < batch.size) return;
    // Its first entries may be missing all the same.
    if (this.#open?.present === batch.size) this.#open = undefined;
    else this.finish();
  }

  /** Ends the file, or the batch. */
  finish(): void {
    if (this.#open) this.interrupted.add({ ...this.#open });
    this.#open = undefined;
  }
}
