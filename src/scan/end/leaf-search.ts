import { DEFAULT_FORMAT, type TranscriptFormat } from "../../entry/transcript-format.js";
import type { BatchMark, LineFacts } from "../lines/line-facts.js";
import { type LeafState, withLinear } from "./leaf-state.js";

/** Characters of targets that are looked for at a time; what exceeds it takes another pass. */
const MAX_TARGET_TEXT = 4_194_304;
/** What a target costs besides its text. */
const TARGET_OVERHEAD = 64;

const EMPTY: LeafState = { shape: "empty", leafId: null, linearAfterLeaf: false };

/**
 * Finds the leaf among lines that it is shown last to first. A `leaf` control entry moves the leaf
 * only to an entry that stands earlier, so the targets of the controls met are looked for while
 * the search for the leaf without them goes on: one pass, however many controls name nothing.
 */
export class LeafSearch {
  readonly #neverLeaf: TranscriptFormat["neverLeaf"];
  #linked = false;
  #linear = false;
  /** Targets of the controls met, with their rank: 0 for the last control of the file. */
  readonly #targets = new Map<string, number>();
  #targetText = 0;
  /** The target of the lowest rank that was found. */
  #found: { id: string; rank: number } | undefined;
  /** The leaf if no target is found; undefined while that is open. */
  #fallback: string | null | undefined;
  #resumeAt: number | undefined;
  /** The batch of the linked line shown last, and whether all behind it in the batch were shown. */
  #batch: (BatchMark & { readonly whole: boolean }) | undefined;

  constructor({ neverLeaf }: TranscriptFormat = DEFAULT_FORMAT) {
    this.#neverLeaf = neverLeaf;
  }

  /** Whether a linked line was shown. */
  get linked(): boolean {
    return this.#linked;
  }

  /** Whether earlier lines change nothing. */
  get decided(): boolean {
    if (this.#found !== undefined) return this.#found.rank === 0;
    return this.#fallback !== undefined && this.#targets.size === 0;
  }

  /**
   * When this pass ended undecided because there were too many targets to look for: where the next
   * pass has to end, in bytes. Calling it starts that pass.
   */
  nextPass(): number | undefined {
    const end = this.#found === undefined ? this.#resumeAt : undefined;
    this.#resumeAt = undefined;
    this.#targets.clear();
    this.#targetText = 0;
    return end;
  }

  /** Takes the next line towards the start of the file; `lineEnd` is behind its newline. */
  see(facts: LineFacts, lineEnd: number): void {
    if (facts.id !== undefined && facts.kind !== "header") this.#meet(facts.id);
    if (facts.kind === "linear" && !this.#linked) this.#linear = true;
    // What stands beside the main chain is found by id, and leads nowhere else.
    if (facts.kind !== "linked" || facts.aside) return;
    this.#linked = true;
    this.#batch = facts.batch && { ...facts.batch, whole: this.#isWhole(facts.batch) };
    const open = this.#fallback === undefined && this.#found === undefined;
    if (open && this.#resumeAt === undefined) this.#consider(facts, lineEnd);
  }

  /** The state after all lines were shown, or all but those before which the state is `earlier`. */
  state(earlier: LeafState = EMPTY): LeafState {
    if (!this.#linked) return withLinear(earlier, this.#linear);
    return {
      shape: "linked",
      leafId: this.#found === undefined ? (this.#fallback ?? null) : this.#found.id,
      linearAfterLeaf: this.#linear,
    };
  }

  #meet(id: string): void {
    const rank = this.#targets.get(id);
    if (rank !== undefined && rank < (this.#found?.rank ?? Number.POSITIVE_INFINITY)) {
      this.#found = { id, rank };
    }
  }

  #isWhole({ index, size }: BatchMark): boolean {
    const later = this.#batch;
    if (index === size - 1) return true;
    if (later === undefined || later.size !== size) return false;
    // Another pass may begin with the line that ended the one before.
    return later.whole && (later.index === index + 1 || later.index === index);
  }

  #consider(facts: LineFacts, lineEnd: number): void {
    const { batch } = facts;
    if (batch !== undefined && !this.#batch?.whole) {
      // The file ended inside this batch: its members are passed over, down to the first. Where
      // that one is missing, whatever linked line comes next decides, as if the batch were not.
      if (batch.index === 0) this.#fallback = facts.parentId ?? null;
    } else if (facts.type !== undefined && this.#neverLeaf?.includes(facts.type)) {
      return;
    } else if (facts.type !== "leaf") {
      this.#fallback = facts.id ?? null;
    } else if (facts.targetId === null) {
      this.#fallback = null;
    } else if (facts.targetId !== undefined) {
      this.#lookFor(facts.targetId, lineEnd);
    }
  }

  #lookFor(target: string, lineEnd: number): void {
    if (this.#targets.has(target)) return;
    this.#targetText += target.length + TARGET_OVERHEAD;
    if (this.#targetText > MAX_TARGET_TEXT) this.#resumeAt = lineEnd;
    else this.#targets.set(target, this.#targets.size);
  }
}
