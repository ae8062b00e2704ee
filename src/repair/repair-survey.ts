import { isLinearVersion } from "../entry/header.js";
import type { OpenFile } from "../file/file-system.js";
import { MigrationSurvey } from "../migration/migration-survey.js";
import { DuplicateCheck } from "../read/verify/verify-duplicates.js";
import { EntryGraph } from "../read/verify/verify-graph.js";
import { NodeBlocks } from "../read/verify/verify-node-blocks.js";
import type { Extent } from "../read/verify/verify-report.js";
import { MigrationIds } from "../rewrite/migration-ids.js";
import type { LineFacts } from "../scan/lines/line-facts.js";
import type { ScannedLine } from "../scan/lines/scanned-line.js";
import type { LinePart } from "../scan/records/line-part.js";
import type { MalformedLine, PartVisitor } from "../scan/records/part-visitor.js";
import { InvalidBytes } from "./invalid-bytes.js";

/** Stands for a header that is not there, in the count of lines that compactions go by. */
const LOST_HEADER: LineFacts = { kind: "value" };

/** What a survey looks at. */
export interface SurveyTerms {
  /** Whether a header is looked for. */
  readonly header: boolean;
  /** Ids whose links are looked at. */
  readonly maxEntries: number;
  readonly generateId: () => string;
  readonly signal: AbortSignal | undefined;
}

/** The first reading of a file: what it holds when all that can be saved is saved. */
export class RepairSurvey implements PartVisitor {
  malformed = 0;
  unterminated = false;
  /** Whole records, headers and JSON that is no object included. */
  records = 0;
  readonly invalid: InvalidBytes = new InvalidBytes();
  /** Whether the first record is no header, where one is looked for. */
  headerMissing = false;
  /** Damage that begins the file, and the object of a header that does not. */
  remains: Extent | undefined;
  laterHeader: Extent | undefined;
  /** Entries that have an id which was met before: with the same bytes, and with other ones. */
  same = 0;
  different = 0;
  readonly ids: MigrationIds;
  readonly migration: MigrationSurvey;
  readonly graph: EntryGraph;
  /** Of each entry whose id was met before, in file order: 1 when its bytes are the same. */
  readonly outcomes: NodeBlocks = new NodeBlocks((length) => new Uint8Array(length));
  readonly #terms: SurveyTerms;
  readonly #duplicates: DuplicateCheck;
  #broken = 0;
  #lineOffset = 0;
  /** Whether a note stands before the header. */
  #noted = false;

  constructor(file: OpenFile, terms: SurveyTerms) {
    this.#terms = terms;
    this.ids = new MigrationIds(terms.generateId);
    this.migration = new MigrationSurvey(this.ids);
    this.graph = new EntryGraph(terms.maxEntries, 0);
    this.#duplicates = new DuplicateCheck(file, (_, same) => {
      this.outcomes.set(this.same + this.different, same ? 1 : 0);
      if (same) this.same += 1;
      else this.different += 1;
    });
  }

  /** Whether the links are known; if not, none is changed. */
  get linksChecked(): boolean {
    return this.#terms.maxEntries > 0 && !this.graph.full;
  }

  /**
   * Whether linear entries are to be linked: not where that alone were to be done in a transcript
   * that is linear as a whole, of a version that knows no other. That is for migration to do.
   */
  get adopting(): boolean {
    const { linear, entries, version } = this.migration;
    if (!this.linksChecked || linear === 0) return false;
    if (linear < entries || !isLinearVersion(version)) return true;
    return this.#isDamaged || this.same + this.different > 0;
  }

  /** Records from where the header should stand. */
  get #headed(): number {
    return this.records - (this.#noted ? 1 : 0);
  }

  get #isDamaged(): boolean {
    const isCut = this.malformed > 0 || this.unterminated;
    return isCut || this.headerMissing || this.invalid.some;
  }

  /**
   * Whether entries are to be linked anew. A parent that stands behind its entry counts as missing
   * then: so all links lead back in the file, and make no circle.
   */
  get linking(): boolean {
    return this.adopting || (this.linksChecked && this.#broken + this.different > 0);
  }

  /** Whether there is anything to repair. */
  get changes(): boolean {
    const links = this.linking || (this.linksChecked && this.same > 0);
    return links || this.#isDamaged;
  }

  line(line: ScannedLine, facts: LineFacts): void {
    if (!line.terminated) this.unterminated = true;
    if (facts.kind !== "blank") this.#meet(facts, line.offset);
  }

  beginMalformed(line: MalformedLine): void {
    this.malformed += 1;
    this.#lineOffset = line.offset;
  }

  part(part: LinePart): void {
    const offset = this.#lineOffset + part.offset;
    if (part.kind === "record") this.#meet(part.facts, offset, part.joined && part.length);
    else if (this.#headed === 0) this.remains ??= { offset, length: part.length };
  }

  endMalformed(): void {
    // The parts were all there is to it.
  }

  get unsettled(): boolean {
    return this.#duplicates.isFull;
  }

  settle(): Promise<void> {
    return this.#duplicates.settle(this.#terms.signal);
  }

  /** Ends the reading. */
  async finish(): Promise<void> {
    const { header, signal } = this.#terms;
    if (header && this.#headed === 0 && this.malformed > 0) this.headerMissing = true;
    await this.settle();
    if (!this.linksChecked) return;
    this.migration.finish();
    const { dangling, cycles } = await this.graph.facts(signal);
    this.#broken = dangling.total + cycles.total;
    if (this.same + this.different > 0) await this.graph.beginPassing(signal);
  }

  /** @param joined bytes of a record that does not stand there as one line has it */
  #meet(facts: LineFacts, offset: number, joined?: number): void {
    const { kind, id, parentId, spans } = facts;
    this.records += 1;
    if (facts.note && this.records === 1) this.#noted = true;
    else if (this.#terms.header) this.#meetHeader(facts, offset, joined);
    if (!this.linksChecked) return;
    this.migration.meet(facts);
    if (kind === "header" || id === undefined || spans === undefined) return;
    const start = joined === undefined ? offset + spans.object.start : offset;
    const earlier = this.graph.add(id, kind === "linked" ? parentId : undefined, start);
    if (earlier === undefined) return;
    const length = joined ?? spans.object.end - spans.object.start;
    this.#duplicates.add({ earlier: earlier.offset, offset: start, length });
  }

  #meetHeader({ kind, id, spans }: LineFacts, offset: number, joined?: number): void {
    const isHeader = kind === "header" && Boolean(id);
    if (this.#headed === 1 && !isHeader) {
      this.headerMissing = true;
      this.migration.meet(LOST_HEADER);
    } else if (isHeader && this.headerMissing && spans && joined === undefined) {
      const { start, end } = spans.object;
      this.laterHeader ??= { offset: offset + start, length: end - start };
    }
  }
}
