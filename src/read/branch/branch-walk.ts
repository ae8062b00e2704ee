import type { LineFacts } from "../../scan/lines/line-facts.js";
import type { ScannedLine } from "../../scan/lines/scanned-line.js";
import { isEntry } from "../read-entry.js";

/** How a branch ended. */
export interface BranchEnd {
  /**
   * - `root`: at an entry without a parent, or before the first entry of the file;
   * - `missing-parent`: at an entry whose parent does not stand before it in the file;
   * - `cycle`: at an entry whose parent is on the branch already;
   * - `compaction`: with `untilCompaction`, behind the entries that the compaction kept.
   */
  readonly end: "root" | "missing-parent" | "cycle" | "compaction";
  /**
   * The id that was looked for, of a missing parent or a cycle; the id of the compaction. Absent
   * where an entry names no parent that could be looked for.
   */
  readonly id?: string;
}

/** What a walk looks for next, towards the start of the file. */
export type Wanted =
  /** The entry of that id; where there is none, `previous` from that offset on. */
  | { readonly id: string; readonly previousFrom?: number }
  /** The first to come of these; where none is there, the branch has come to its root. */
  | { readonly ids: readonly string[] }
  /** The entry that a linear entry follows. */
  | "previous";

/**
 * The entries that one without a parent may go on from: what comes before it was summed up there. It
 * does from the nearest of them that stands before it, so that no walk comes round; what a compaction
 * kept may have been written again behind it, and its logical parent with that.
 */
export function continuesFrom(facts: LineFacts): readonly string[] {
  const { kind, parentId, logicalParentId, keptId } = facts;
  if (kind !== "linked" || parentId !== null) return [];
  return [logicalParentId, keptId].filter((id) => id !== undefined);
}

/**
 * Follows a branch from leaf to root through lines that it is shown last to first. The parent of a
 * linear entry is the one that migration would give it: what would be the leaf if the file ended
 * before it.
 */
export class BranchWalk {
  #wanted: Wanted;
  #end: BranchEnd | undefined;

  constructor(start: Wanted) {
    this.#wanted = start;
  }

  get end(): BranchEnd | undefined {
    return this.#end;
  }

  get wanted(): Wanted {
    return this.#wanted;
  }

  /** Takes the next line; whether its entry is on the branch. */
  see(line: ScannedLine): boolean {
    const facts = line.facts();
    if (this.#end !== undefined || !isEntry(facts)) return false;
    const wanted = this.#wanted;
    if (wanted !== "previous") {
      const { id } = facts;
      const isWanted =
        "ids" in wanted ? id !== undefined && wanted.ids.includes(id) : id === wanted.id;
      if (!isWanted) return false;
    } else if (!this.#isPrevious(facts, line.offset)) {
      return false;
    }
    this.#goOn(facts);
    return true;
  }

  /** Ends the walk; no line that it is shown from here on counts. */
  finish(end: BranchEnd): void {
    this.#end = end;
  }

  /** All lines were shown. Returns from where to show them again, when that may find what is wanted. */
  exhausted(): number | undefined {
    const wanted = this.#wanted;
    if (this.#end !== undefined) return undefined;
    if (wanted === "previous") this.finish({ end: "root" });
    else if ("ids" in wanted) this.finish({ end: "root" });
    else if (wanted.previousFrom === undefined) {
      this.finish({ end: "missing-parent", id: wanted.id });
    } else {
      this.#wanted = "previous";
      return wanted.previousFrom;
    }
    return undefined;
  }

  #goOn(facts: LineFacts): void {
    const { kind, parentId } = facts;
    const ids = continuesFrom(facts);
    if (ids.length > 0) this.#wanted = { ids };
    else if (kind === "linear") this.#wanted = "previous";
    else if (kind === "linked") this.#lookFor(parentId ?? null);
    else this.finish({ end: "missing-parent" });
  }

  #lookFor(id: string | null, previousFrom?: number): void {
    if (id === null) this.finish({ end: "root" });
    else this.#wanted = previousFrom === undefined ? { id } : { id, previousFrom };
  }

  /** Whether this entry is the parent of the linear entry behind it; else what to look for changes. */
  #isPrevious(facts: LineFacts, offset: number): boolean {
    const { kind, batch, type, targetId } = facts;
    if (kind !== "linked") return kind === "linear";
    if (batch !== undefined && batch.index < batch.size - 1) {
      // An interrupted batch is passed over, down to what it was appended to.
      if (batch.index === 0) this.#lookFor(facts.parentId ?? null);
      return false;
    }
    if (type !== "leaf") return true;
    if (targetId !== undefined) this.#lookFor(targetId, offset);
    return false;
  }
}
