import { HEADER_VERSION } from "../entry/header.js";
import {
  firstKeptEdit,
  type LineEdit,
  linkEdits,
  roleEdit,
  versionEdit,
} from "../rewrite/line-edits.js";
import type { MigrationIds } from "../rewrite/migration-ids.js";
import type { LineFacts, LineSpans } from "../scan/lines/line-facts.js";
import { LeafTracker } from "./migration-leaf-tracker.js";
import {
  firstKeptIndex,
  isBelow,
  isHookMessage,
  type MigrationSurvey,
  usableId,
} from "./migration-survey.js";

/** The second reading of a file: the edits of one line after another. */
export class MigrationEdits {
  migrated = 0;
  reidentified = 0;
  readonly #survey: MigrationSurvey;
  readonly #ids: MigrationIds;
  readonly #leaf: LeafTracker;
  readonly #keptEntries: Map<number, string | undefined>;
  #index = -1;

  constructor(survey: MigrationSurvey, ids: MigrationIds) {
    this.#survey = survey;
    this.#ids = ids;
    this.#leaf = new LeafTracker((id) => ids.hasPassed(id));
    this.#keptEntries = survey.keptEntries;
  }

  /** The leaf, should the file end behind the lines so far. */
  get leafId(): string | null {
    return this.#leaf.leafId;
  }

  /** The edits of the next line. */
  of(facts: LineFacts): LineEdit[] {
    const { kind, spans } = facts;
    if (kind === "blank" || kind === "malformed" || facts.note) return [];
    this.#index += 1;
    if (kind === "value" || spans === undefined) return [];
    if (kind === "header") return this.#ofHeader(facts, spans);
    const edits = kind === "linear" ? this.#ofLinear(facts, spans) : this.#ofOther(facts);
    if (this.#survey.outdated && isHookMessage(facts) && spans.messageRole) {
      edits.push(roleEdit(spans.messageRole, "custom"));
    }
    return edits;
  }

  /** Goes past a whole record of a malformed line, which stays as it is. */
  pass(facts: LineFacts): void {
    if (facts.kind === "linked") this.#passOther(facts);
  }

  #ofHeader(facts: LineFacts, spans: LineSpans): LineEdit[] {
    return this.#survey.outdated && isBelow(facts) ? [versionEdit(spans, HEADER_VERSION)] : [];
  }

  #ofOther(facts: LineFacts): LineEdit[] {
    this.#noteKept(facts.id);
    this.#passOther(facts);
    return [];
  }

  #passOther(facts: LineFacts): void {
    const { kind, id, parentId } = facts;
    if (id === undefined) return;
    if (kind === "linked" && parentId !== undefined) {
      this.#ids.awaitParent(parentId);
      this.#leaf.pass(facts, id, parentId);
    }
    this.#ids.pass(id);
  }

  #ofLinear(facts: LineFacts, spans: LineSpans): LineEdit[] {
    const own = usableId(facts);
    const parentId = this.#leaf.parentFor(facts);
    this.#ids.awaitParent(parentId);
    const keeps = own !== undefined && this.#ids.mayKeep(own);
    const id = keeps ? own : this.#freshId(own);
    this.#noteKept(id);
    this.#leaf.pass(facts, id, parentId);
    if (keeps) this.#ids.pass(own);
    else if (own !== undefined) this.#ids.rename(own);

    this.migrated += 1;
    if (!keeps && own !== undefined) this.reidentified += 1;
    const edits = linkEdits(spans, keeps ? { parentId } : { id, parentId });
    const kept = this.#firstKept(facts);
    if (kept !== undefined && spans.firstKeptEntryIndex) {
      edits.push(firstKeptEdit(spans.firstKeptEntryIndex, kept));
    }
    return edits;
  }

  #freshId(own: string | undefined): string {
    // A compaction above may already name the entry by the id that was made for it.
    const promised = this.#keptEntries.get(this.#index);
    return promised !== undefined && promised !== own ? promised : this.#ids.fresh();
  }

  /** The entry at hand may be one that a compaction names. */
  #noteKept(id: string | undefined): void {
    if (this.#keptEntries.has(this.#index)) this.#keptEntries.set(this.#index, id);
  }

  #firstKept(facts: LineFacts): string | undefined {
    const index = firstKeptIndex(facts);
    return index === undefined ? undefined : this.#keptEntries.get(index);
  }
}
