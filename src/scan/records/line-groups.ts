import type { FileToRead } from "../../file/file-system.js";
import type { ScannedLine, ScanOptions } from "../lines/scanned-line.js";
import { joinLines, mayBeJoined } from "./join-lines.js";
import type { MalformedLine, PartVisitor } from "./part-visitor.js";
import { RecordJoiner } from "./record-joiner.js";

/** Bytes that may be looked at for nothing, besides twice the file: so the time stays linear in its length. */
const SPARE_BYTES = 8_388_608;
/** What a look for nothing costs besides the bytes: the scan begins anew. */
const VAIN_BYTES = 8192;
/** A line up to this is tried before it is read on from. */
const HELD_BYTES = 32_768;

const OPEN_BRACKET = 0x5b;

/** Groups of lines of a scan that are whole records together, though not each for itself. */
export class LineGroups {
  readonly #file: FileToRead;
  readonly #options: ScanOptions & { readonly to: number };
  readonly #visitor: PartVisitor;
  #inList = false;
  #vain = 0;

  constructor(
    file: FileToRead,
    options: ScanOptions & { readonly to: number },
    visitor: PartVisitor,
  ) {
    this.#file = file;
    this.#options = options;
    this.#visitor = visitor;
  }

  /** Whether a line that is JSON may be a list of records. */
  isList({ bytes }: ScannedLine): boolean {
    return bytes === undefined || bytes.includes(OPEN_BRACKET);
  }

  /**
   * Whether a line is a group, which has been visited then, or may begin one, which is for `visit`
   * to find out.
   */
  see({ bytes, offset, length }: ScannedLine, line: MalformedLine): "visited" | "begins" | "none" {
    if (this.#vain > SPARE_BYTES + 2 * offset) return "none";
    if (bytes === undefined) return "begins";
    if (!mayBeJoined(bytes, offset)) return "none";
    if (length > HELD_BYTES) return "begins";
    const joiner = new RecordJoiner(this.#inList, this.#options.format);
    const from = bomBytes(bytes, offset);
    joiner.push(bytes, from, bytes.length);
    joiner.finish();
    if (joiner.state === "open") return "begins";
    if (joiner.state === "failed" || !joiner.touched) return "none";
    this.#handOut(joiner, { ...line, offset: offset + from, length: length - from });
    return "visited";
  }

  /**
   * Visits the groups that follow each other from a line on.
   *
   * @returns where the scan goes on, and the number of the last line; undefined when there is none
   */
  async visit(
    first: MalformedLine,
  ): Promise<{ readonly next: number; readonly number: number } | undefined> {
    const { to } = this.#options;
    let next = first.offset;
    let number = first.number - 1;
    while (next < to) {
      const offset = next === 0 ? await this.#afterBom() : next;
      const place = { offset, to, inList: this.#inList };
      const { joiner, read } = await joinLines(this.#file, place, this.#options);
      if (joiner.state !== "done" || !joiner.touched) {
        if (joiner.state !== "done") this.#vain += VAIN_BYTES + read;
        break;
      }
      const { end: length, endsLine, newlines } = joiner;
      const terminated = offset + length < to;
      this.#handOut(joiner, { number: number + 1, offset, length, terminated });
      if (this.#visitor.unsettled) await this.#visitor.settle();
      number += newlines + (endsLine ? 1 : 0);
      next = offset + length + (endsLine ? 1 : 0);
    }
    return next === first.offset ? undefined : { next, number };
  }

  #handOut(joiner: RecordJoiner, line: MalformedLine): void {
    this.#visitor.beginMalformed(line);
    for (const joined of joiner.records) {
      const { start, end } = joined.at;
      const place = { offset: start, length: end - start };
      this.#visitor.part({ kind: "record", ...place, facts: joined.facts, joined }, undefined);
    }
    this.#visitor.endMalformed();
    this.#inList = joiner.inList;
  }

  async #afterBom(): Promise<number> {
    const bytes = Buffer.alloc(3);
    await this.#file.read(bytes, 0, 3, 0);
    return bomBytes(bytes, 0);
  }
}

function bomBytes(bytes: Buffer, offset: number): number {
  return offset === 0 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
}
