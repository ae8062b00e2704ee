import { MigrationEdits } from "../migration/migration-edits.js";
import type { LineEdit } from "../rewrite/line-edits.js";
import type { BatchMark, LineFacts, LineSpans } from "../scan/lines/line-facts.js";
import type { RepairSurvey } from "./repair-survey.js";

/** What is to be done with a record for the sake of its links. */
export interface RecordEdits {
  readonly edits: readonly LineEdit[];
  /** An earlier record is the same: this one goes. */
  readonly duplicate?: boolean;
  /** The parent that it named, where it is given another one because that is not there. */
  readonly lostParent?: string;
  /** The id that it had, where it is given another one. */
  readonly oldId?: string;
  readonly adopted?: boolean;
}

const NOTHING: RecordEdits = { edits: [] };

/** The links of an entry that change. */
interface ChangedLinks {
  readonly parentId?: string | null;
  readonly targetId?: string;
  readonly logicalParentId?: string;
  readonly lostParent?: string;
}

/**
 * The second reading of a file: ids and parents of one record after another. What an id stands for
 * is the last entry before that has it, as it was for the writer who named it.
 */
export class RepairLinks {
  readonly #survey: RepairSurvey;
  readonly #migration: MigrationEdits;
  /** By the id that they had, the last of the entries that were given another one. */
  readonly #renamed = new Map<string, string>();
  #duplicates = 0;
  #last:
    | { readonly id: string; readonly batch: BatchMark | undefined; readonly aside: boolean }
    | undefined;

  constructor(survey: RepairSurvey) {
    this.#survey = survey;
    this.#migration = new MigrationEdits(survey.migration, survey.ids);
  }

  /** A header is put before all that `of` will be shown. */
  passHeader(): void {
    this.#migration.of({ kind: "value" });
  }

  /** Takes the next record. */
  of(facts: LineFacts): RecordEdits {
    const { linksChecked, adopting, linking, same } = this.#survey;
    const { kind, id, spans } = facts;
    if (!linksChecked || (!linking && same === 0)) return NOTHING;
    if (spans !== undefined && (kind === "linked" || kind === "unlinked")) {
      return this.#ofOther(facts, spans);
    }
    if (kind === "linear") {
      if (id !== undefined) this.#meetAgain(id);
      this.#last = undefined;
    }
    const edits = this.#migration.of(facts);
    return adopting ? { edits, adopted: kind === "linear" } : NOTHING;
  }

  #ofOther(facts: LineFacts, spans: LineSpans): RecordEdits {
    const { ids, adopting } = this.#survey;
    const { id: ownId } = facts;
    const again = ownId === undefined ? undefined : this.#meetAgain(ownId);
    if (again === "same" && ownId !== undefined) {
      ids.pass(ownId);
      return { edits: [], duplicate: true };
    }
    const edits: LineEdit[] = [];
    const { lostParent, ...links } = this.#linksOf(facts);
    if (links.parentId !== undefined && spans.parentId) {
      edits.push({ at: spans.parentId, pieces: [JSON.stringify(links.parentId)] });
    }
    if (links.targetId !== undefined && spans.targetId) {
      edits.push({ at: spans.targetId, pieces: [JSON.stringify(links.targetId)] });
    }
    if (links.logicalParentId !== undefined && spans.logicalParentId) {
      const pieces = [JSON.stringify(links.logicalParentId)];
      edits.push({ at: spans.logicalParentId, pieces });
    }
    let id = ownId;
    if (again === "other" && ownId !== undefined && spans.id) {
      id = ids.fresh();
      edits.push({ at: spans.id, pieces: [`${JSON.stringify(id)},"originalId":`, spans.id] });
      ids.pass(ownId);
      this.#renamed.set(ownId, id);
    }
    const converted = this.#migration.of({ ...facts, ...links, ...(id !== undefined && { id }) });
    if (adopting) edits.push(...converted);
    if (facts.kind === "linked" && id !== undefined) {
      this.#last = { id, batch: facts.batch, aside: facts.aside ?? false };
    }
    return {
      edits,
      ...(lostParent !== undefined && { lostParent }),
      ...(id !== ownId && ownId !== undefined && { oldId: ownId }),
    };
  }

  #linksOf(facts: LineFacts): ChangedLinks {
    if (!this.#survey.linking) return {};
    const { kind, parentId, targetId, logicalParentId } = facts;
    const target = typeof targetId === "string" ? this.#renamed.get(targetId) : undefined;
    const before = logicalParentId === undefined ? undefined : this.#renamed.get(logicalParentId);
    const links = {
      ...(target !== undefined && { targetId: target }),
      ...(before !== undefined && { logicalParentId: before }),
    };
    if (kind !== "linked" || typeof parentId !== "string") return links;
    const renamed = this.#renamed.get(parentId);
    if (renamed !== undefined) return { ...links, parentId: renamed };
    if (this.#survey.ids.hasPassed(parentId)) return links;
    return { ...links, parentId: this.#parentFor(facts), lostParent: parentId };
  }

  /** The parent of an entry whose own is not there: what an append would have named here. */
  #parentFor({ batch, aside }: LineFacts): string | null {
    const last = this.#last;
    // Beside the main chain several may go on at once: only what stands right before is certain.
    if (aside) return last?.aside ? last.id : null;
    // Where a batch lacks an entry in the middle, its beginning is not to be left behind.
    if (batch && last?.batch?.size === batch.size && last.batch.index < batch.index) return last.id;
    return this.#migration.leafId;
  }

  /** Whether an entry that has this id, still, was met before, and is the same. */
  #meetAgain(id: string): "same" | "other" | undefined {
    const { graph, ids, outcomes, same, different } = this.#survey;
    if (same + different === 0 || !graph.pass(id)) return undefined;
    const isSame = outcomes.get(this.#duplicates) === 1;
    this.#duplicates += 1;
    // A linear entry gives its id up to those that are linked.
    if (!ids.hasPassed(id)) return undefined;
    return isSame ? "same" : "other";
  }
}
