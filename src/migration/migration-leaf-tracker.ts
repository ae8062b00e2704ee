import type { BatchMark, LineFacts } from "../scan/lines/line-facts.js";

/** The part of a batch that has been passed, its last entry still to come. */
interface OpenBatch {
  readonly size: number;
  /** Index of the entry that would continue it. */
  readonly next: number;
  /** The leaf, should the batch stay incomplete. */
  readonly fallback: string | null;
}

/** The leaf at each point of a file that is read from its start; `findLeaf` reads from the end. */
export class LeafTracker {
  readonly #exists: (id: string) => boolean;
  #leafId: string | null = null;
  #batch: OpenBatch | undefined;

  /** @param exists whether an entry passed so far has that id */
  constructor(exists: (id: string) => boolean) {
    this.#exists = exists;
  }

  /** The leaf where the file ends here. */
  get leafId(): string | null {
    return this.#batch ? this.#batch.fallback : this.#leafId;
  }

  /** The parent of a linear entry, should it come next. */
  parentFor({ batch }: LineFacts): string | null {
    return this.#batch && continues(this.#batch, batch) ? this.#leafId : this.leafId;
  }

  /** Goes past an entry that has, or has been given, an id and a parent. */
  pass(facts: LineFacts, id: string, parentId: string | null): void {
    if (facts.aside) return;
    const { batch } = facts;
    const target = this.#targetOf(facts, id);
    if (batch !== undefined && batch.index < batch.size - 1) {
      const fallback = batch.index === 0 ? parentId : this.leafId;
      this.#batch = { size: batch.size, next: batch.index + 1, fallback };
    } else if (target !== undefined || (this.#batch && continues(this.#batch, batch))) {
      this.#batch = undefined;
    }
    if (target !== undefined) this.#leafId = target;
  }

  /** What the entry moves the leaf to; undefined for a control that names no earlier entry. */
  #targetOf({ type, targetId }: LineFacts, id: string): string | null | undefined {
    if (type !== "leaf") return id;
    return typeof targetId !== "string" || this.#exists(targetId) ? targetId : undefined;
  }
}

function continues(open: OpenBatch, mark: BatchMark | undefined): boolean {
  return mark !== undefined && mark.index === open.next && mark.size === open.size;
}
