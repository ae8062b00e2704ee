import type { FileToRead } from "../file/file-system.js";
import type { LineFacts } from "../scan/line-facts.js";
import type { LinePart } from "../scan/line-part.js";
import type { MalformedLine, PartVisitor } from "../scan/scan-parts.js";
import type { ScannedLine } from "../scan/scanned-line.js";
import { continuesFrom } from "./branch-walk.js";
import { BatchWatch } from "./verify-batches.js";
import { DuplicateCheck } from "./verify-duplicates.js";
import { Findings } from "./verify-findings.js";
import type { EntryGraph } from "./verify-graph.js";
import { MalformedTally } from "./verify-line-tally.js";
import type { Extent } from "./verify-report.js";

/** Types that are counted by name. */
const MAX_TYPES = 1000;
const OTHER_TYPES = "(other)";
const NO_TYPE = "(none)";

/** The one reading of a file that verifies it. */
export class VerifyScan implements PartVisitor {
  lines = 0;
  longest: Extent & { line: number } = { offset: 0, length: 0, line: 0 };
  readonly counts = { linked: 0, linear: 0, unlinked: 0, headers: 0, values: 0, blank: 0 };
  readonly types: Map<string, number> = new Map();
  readonly malformed: MalformedTally = new MalformedTally();
  readonly batches: BatchWatch = new BatchWatch();
  readonly same: Findings<number> = new Findings();
  readonly different: Findings<number> = new Findings();
  tail: (Extent & { readonly kept: "entry" | "malformed" }) | undefined;
  readonly #graph: EntryGraph;
  readonly #duplicates: DuplicateCheck;
  readonly #signal: AbortSignal | undefined;

  constructor(file: FileToRead, graph: EntryGraph, signal: AbortSignal | undefined) {
    this.#graph = graph;
    this.#signal = signal;
    this.#duplicates = new DuplicateCheck(file, ({ offset }, same) =>
      (same ? this.same : this.different).add(offset),
    );
  }

  line(line: ScannedLine, facts: LineFacts, number: number): void {
    const { offset, length, terminated } = line;
    this.#measure(number, offset, length);
    if (!terminated) {
      this.tail = { offset, length, kept: facts.kind === "blank" ? "malformed" : "entry" };
    }
    if (facts.kind === "blank") this.counts.blank += 1;
    else if (facts.kind === "value") this.counts.values += 1;
    else if (facts.kind === "header") this.counts.headers += 1;
    else this.#entry(facts, offset, length);
  }

  beginMalformed(line: MalformedLine): void {
    const { number, offset, length, terminated } = line;
    this.#measure(number, offset, length);
    if (!terminated) this.tail = { offset, length, kept: "malformed" };
    this.malformed.begin(line);
  }

  part(part: LinePart): void {
    this.malformed.part(part);
  }

  endMalformed(): void {
    this.malformed.end();
  }

  get unsettled(): boolean {
    return this.#duplicates.isFull;
  }

  settle(): Promise<void> {
    return this.#duplicates.settle(this.#signal);
  }

  #measure(number: number, offset: number, length: number): void {
    this.lines = number;
    if (length > this.longest.length || number === 1) {
      this.longest = { offset, length, line: number };
    }
  }

  #entry(facts: LineFacts, offset: number, length: number): void {
    const { kind, type = NO_TYPE, id, parentId, spans } = facts;
    const name = this.types.size < MAX_TYPES || this.types.has(type) ? type : OTHER_TYPES;
    this.types.set(name, (this.types.get(name) ?? 0) + 1);
    if (kind === "linked") {
      this.counts.linked += 1;
      this.batches.meet(facts, { offset, length });
    } else if (kind === "linear") this.counts.linear += 1;
    else this.counts.unlinked += 1;
    if (id === undefined || spans === undefined) return;
    const start = offset + spans.object.start;
    const before = continuesFrom(facts);
    const tie = before === undefined ? parentId : { ifThere: before };
    const earlier = this.#graph.add(id, kind === "linked" ? tie : undefined, start);
    if (earlier === undefined) return;
    const bytes = spans.object.end - spans.object.start;
    this.#duplicates.add({ earlier: earlier.offset, offset: start, length: bytes });
  }
}
