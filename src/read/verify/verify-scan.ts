import { isUtf8 } from "node:buffer";
import type { TranscriptFormat } from "../../entry/transcript-format.js";
import type { FileToRead } from "../../file/file-system.js";
import type { LineFacts, Span } from "../../scan/lines/line-facts.js";
import type { ScannedLine } from "../../scan/lines/scanned-line.js";
import type { LinePart } from "../../scan/records/line-part.js";
import type { MalformedLine, PartVisitor } from "../../scan/records/part-visitor.js";
import { continuesFrom } from "../branch/branch-walk.js";
import { BatchWatch } from "./verify-batches.js";
import { DuplicateCheck } from "./verify-duplicates.js";
import type { EncodingWatch } from "./verify-encoding.js";
import { Findings } from "./verify-findings.js";
import type { EntryGraph } from "./verify-graph.js";
import { MalformedTally } from "./verify-line-tally.js";
import type { Extent } from "./verify-report.js";
import { StrayLines } from "./verify-stray-lines.js";

/** Types that are counted by name. */
const MAX_TYPES = 1000;
/** What bytes that are no UTF-8 decode to. */
const REPLACEMENT = "\ufffd";
const MAX_BYTE_KEYS = 1000;
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
  readonly strays: StrayLines;
  readonly #graph: EntryGraph;
  readonly #encoding: EncodingWatch;
  readonly #duplicates: DuplicateCheck;
  readonly #signal: AbortSignal | undefined;
  /** Entries that are notes by their types. */
  notes = 0;
  readonly #byteKeys = new Map<string, string>();
  /** Where the malformed line begins whose parts come. */
  #lineOffset = 0;

  constructor(
    file: FileToRead,
    format: TranscriptFormat,
    graph: EntryGraph,
    encoding: EncodingWatch,
    signal: AbortSignal | undefined,
  ) {
    this.strays = new StrayLines(format);
    this.#graph = graph;
    this.#encoding = encoding;
    this.#signal = signal;
    this.#duplicates = new DuplicateCheck(file, ({ offset }, same) =>
      (same ? this.same : this.different).add(offset),
    );
  }

  line(line: ScannedLine, facts: LineFacts, number: number): void {
    const { offset, length, terminated } = line;
    this.#measure(number, offset, length);
    this.strays.see(line, facts, number);
    if (!terminated) {
      this.tail = { offset, length, kept: facts.kind === "blank" ? "malformed" : "entry" };
    }
    if (facts.kind === "blank") this.counts.blank += 1;
    else if (facts.kind === "value") this.counts.values += 1;
    else if (facts.kind === "header") this.counts.headers += 1;
    else this.#entry(facts, line);
  }

  beginMalformed(line: MalformedLine): void {
    const { number, offset, length, terminated } = line;
    this.#measure(number, offset, length);
    if (!terminated) this.tail = { offset, length, kept: "malformed" };
    this.#lineOffset = offset;
    this.malformed.begin(line);
  }

  part(part: LinePart, bytes: Buffer | undefined): void {
    this.malformed.part(part);
    // A whole record takes part in the chain, whatever stands before or behind it on its line.
    if (part.kind === "record") this.#tie(part.facts, this.#lineOffset + part.offset, bytes);
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
    this.#encoding.pass(number, offset + length);
    if (length > this.longest.length || number === 1) {
      this.longest = { offset, length, line: number };
    }
  }

  /** What an id is in the graph: of those that are no UTF-8 the bytes tell, not their text. */
  keyOf(id: string): string {
    return this.#byteKeys.get(id) ?? id;
  }

  #entry(facts: LineFacts, { offset, length, bytes }: ScannedLine): void {
    const { kind, type = NO_TYPE } = facts;
    const name = this.types.size < MAX_TYPES || this.types.has(type) ? type : OTHER_TYPES;
    this.types.set(name, (this.types.get(name) ?? 0) + 1);
    if (kind === "linked") {
      this.counts.linked += 1;
      this.batches.meet(facts, { offset, length });
    } else if (kind === "linear") this.counts.linear += 1;
    else this.counts.unlinked += 1;
    if (facts.note) this.notes += 1;
    this.#tie(facts, offset, bytes);
  }

  /** Notes whose parent or child an entry is. */
  #tie(facts: LineFacts, offset: number, bytes: Buffer | undefined): void {
    const { kind, id, parentId, spans } = facts;
    if (id === undefined || spans === undefined || kind === "header") return;
    const start = offset + spans.object.start;
    const nearest = continuesFrom(facts);
    const parent = this.#key(parentId, spans.parentId, bytes);
    const tie = nearest.length === 0 ? parent : { nearest };
    const key = this.#key(id, spans.id, bytes);
    if (key !== id && this.#byteKeys.size < MAX_BYTE_KEYS) this.#byteKeys.set(id, key);
    const earlier = this.#graph.add(key, kind === "linked" ? tie : undefined, start);
    if (earlier === undefined) return;
    const objectBytes = spans.object.end - spans.object.start;
    this.#duplicates.add({ earlier: earlier.offset, offset: start, length: objectBytes });
  }

  #key<Id extends string | null | undefined>(
    id: Id,
    span: Span | undefined,
    bytes: Buffer | undefined,
  ): Id | string {
    if (!id?.includes(REPLACEMENT) || span === undefined || bytes === undefined) return id;
    const raw = bytes.subarray(span.start, span.end);
    return isUtf8(raw) ? id : raw.toString("latin1");
  }
}
