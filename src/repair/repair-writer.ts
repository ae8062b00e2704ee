import { editedLine } from "../rewrite/line-edits.js";
import type { RewriteOutput } from "../rewrite/rewrite-output.js";
import type { LineFacts, Span } from "../scan/lines/line-facts.js";
import type { ScannedLine } from "../scan/lines/scanned-line.js";
import type { LinePart } from "../scan/records/line-part.js";
import type { MalformedLine, PartVisitor } from "../scan/records/part-visitor.js";
import type { DamagedFile } from "./damaged-file.js";
import type { InvalidBytes } from "./invalid-bytes.js";
import type { RepairChanges } from "./repair-changes.js";
import type { AddedHeader } from "./repair-header.js";
import type { RepairLinks } from "./repair-links.js";
import type { ChangePlace, MoveReason } from "./repair-report.js";

const BOM: Buffer = Buffer.from([0xef, 0xbb, 0xbf]);

/** What readers show in place of bytes that are no UTF-8. */
const REPLACEMENT = "\ufffd";

/** Where what a repair reads and decides goes. */
export interface RepairSinks {
  readonly output: RewriteOutput;
  readonly damaged: DamagedFile;
  readonly changes: RepairChanges;
  readonly invalid: InvalidBytes;
}

/** The second reading of a file: writes what stays, and moves what cannot. */
export class RepairWriter implements PartVisitor {
  readonly unsettled: boolean = false;
  readonly #sinks: RepairSinks;
  readonly #links: RepairLinks;
  /** Whether a record was written. */
  #begun = false;
  #header: AddedHeader | undefined;
  #line: MalformedLine | undefined;
  #records = 0;

  /** @param header the one to put before everything */
  constructor(sinks: RepairSinks, links: RepairLinks, header: AddedHeader | undefined) {
    this.#sinks = sinks;
    this.#links = links;
    this.#header = header;
  }

  async settle(): Promise<void> {
    // Nothing waits.
  }

  line(line: ScannedLine, facts: LineFacts, number: number): void {
    const { offset, length, bytes, terminated } = line;
    const place = { line: number, offset, length };
    // A BOM counts at the start of the file alone, so that the new header goes behind it.
    const from = this.#header && offset === 0 && bytes?.subarray(0, 3).equals(BOM) ? 3 : 0;
    if (from > 0) this.#sinks.output.bytes(BOM);
    if (facts.kind !== "blank") {
      // A note that begins the file stays there.
      if (this.#begun || !facts.note) this.#writeHeader();
      this.#begun = true;
    }
    if (facts.kind === "blank") this.#copy({ start: from, end: length }, offset, bytes);
    else if (!this.#record(facts, place, bytes, from)) return;
    this.#sinks.output.text("\n");
    if (!terminated) this.#sinks.changes.add({ kind: "terminated", ...place });
  }

  beginMalformed(line: MalformedLine): void {
    this.#writeHeader();
    this.#line = line;
    this.#records = 0;
  }

  part(part: LinePart, bytes: Buffer | undefined): void {
    const { number, offset } = this.#line as MalformedLine;
    const place = { line: number, offset: offset + part.offset, length: part.length };
    if (part.kind === "damage") {
      this.#move(place, part.reason);
      return;
    }
    this.#records += 1;
    const { joined } = part;
    for (const { start, end } of joined?.lost ?? []) {
      const lost = { offset: offset + start, length: end - start };
      this.#sinks.damaged.take({ ...lost, reason: "no-json" });
    }
    const isWritten = joined
      ? this.#record(part.facts, place, joined.text, 0, joined.text.length)
      : this.#record(part.facts, place, bytes, 0);
    if (isWritten) this.#sinks.output.text("\n");
  }

  endMalformed(): void {
    const { number, offset, length } = this.#line as MalformedLine;
    const records = this.#records;
    if (records === 0) return;
    this.#sinks.changes.add({ kind: "separated", line: number, offset, length, records });
  }

  #writeHeader(): void {
    if (this.#header === undefined) return;
    this.#sinks.output.text(this.#header.line);
    this.#sinks.changes.add(this.#header.change);
    this.#links.passHeader();
    this.#header = undefined;
  }

  /**
   * Writes a record from byte `from` of it on; false when it goes.
   *
   * @param joined bytes of it, where they are not those that stand in the file
   */
  #record(
    facts: LineFacts,
    place: ChangePlace,
    bytes: Buffer | undefined,
    from: number,
    joined?: number,
  ): boolean {
    const { edits, duplicate, lostParent, oldId, adopted } = this.#links.of(facts);
    if (duplicate) {
      this.#move(place, "duplicate");
      return false;
    }
    const { output, changes } = this.#sinks;
    if (adopted) changes.add({ kind: "adopted", ...place });
    if (lostParent !== undefined) {
      const isItself = lostParent === facts.id && { itself: true as const };
      changes.add({ kind: "linked", ...place, parentId: lostParent, ...isItself });
    }
    if (oldId !== undefined) changes.add({ kind: "reidentified", ...place, id: oldId });
    this.#replace(place);
    for (const piece of editedLine(edits, joined ?? place.length)) {
      if (typeof piece === "string") output.text(piece);
      // Decoding puts U+FFFD where there is no UTF-8.
      else if (joined && bytes) output.text(bytes.toString("utf8", piece.start, piece.end));
      else this.#copy({ start: Math.max(piece.start, from), end: piece.end }, place.offset, bytes);
    }
    return true;
  }

  #move(place: ChangePlace, reason: MoveReason): void {
    this.#sinks.damaged.take({ offset: place.offset, length: place.length, reason });
    this.#sinks.changes.add({ kind: "moved", ...place, reason });
  }

  /** Notes what of a record is no UTF-8, and keeps it. */
  #replace(place: ChangePlace): void {
    const { damaged, changes, invalid } = this.#sinks;
    let found = false;
    for (const run of invalid.within({ start: place.offset, end: place.offset + place.length })) {
      damaged.take({ ...run, reason: "invalid-utf8" });
      found = true;
    }
    if (found) changes.add({ kind: "replaced", ...place });
  }

  #copy({ start, end }: Span, offset: number, bytes: Buffer | undefined): void {
    let from = start;
    for (const run of this.#sinks.invalid.within({ start: offset + start, end: offset + end })) {
      const at = run.offset - offset;
      if (at > from) this.#copyWhole({ start: from, end: at }, offset, bytes);
      this.#sinks.output.text(REPLACEMENT);
      from = at + run.length;
    }
    if (end > from) this.#copyWhole({ start: from, end }, offset, bytes);
  }

  #copyWhole({ start, end }: Span, offset: number, bytes: Buffer | undefined): void {
    if (bytes) this.#sinks.output.bytes(bytes.subarray(start, end));
    else this.#sinks.output.copy({ start: offset + start, end: offset + end });
  }
}
