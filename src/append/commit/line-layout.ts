import type { EncodedEntry } from "../../entry/encoded-entry.js";
import { HEADER_VERSION } from "../../entry/header.js";
import { anchorOf } from "../../scan/end/tail.js";
import type { FoundHeader } from "../../scan/find-header.js";
import type { AppendCall } from "../call/append-call.js";
import type { GroupCommit, GroupTerms } from "./group.js";

/** Bytes that one UTF-16 unit takes at most. */
const MAX_UTF8_BYTES = 3;

/** The bytes of a group commit, line after line. */
export class LineLayout {
  readonly #start: number;
  readonly #header: FoundHeader | undefined;
  #bytes: Buffer;
  /** How many of them are used. */
  #used = 0;
  /** Where the last line begins in them. */
  #last = 0;

  /** @param first the call whose line comes first: a new file is made as it says */
  constructor(terms: GroupTerms, calls: readonly AppendCall[], first: AppendCall) {
    const close = terms.openTail ? "\n" : "";
    const made = terms.headerFor?.(first.terms.options);
    const header = made?.line ?? "";
    this.#start = terms.size;
    this.#bytes = Buffer.allocUnsafe(roomFor(calls, terms) + header.length + close.length);
    this.#append(close);
    const offset = this.end;
    this.#append(header);
    if (made) {
      this.#header = {
        state: "header",
        id: made.id,
        version: HEADER_VERSION,
        offset,
        length: this.end - offset - 1,
        terminated: true,
      };
    }
  }

  /** Where the next line will begin: bytes from the start of the file. */
  get end(): number {
    return this.#start + this.#used;
  }

  /**
   * Adds an entry's line; returns its bytes, without the newline.
   *
   * @param start the line up to what the entry knows of it
   */
  add(start: string, entry: EncodedEntry): number {
    this.#last = this.#used;
    this.#append(start);
    const at = this.#makeRoom(entry.restBytes);
    entry.copyRest(this.#bytes, at);
    return this.#used - this.#last - 1;
  }

  /** What there is to be written. */
  finish(): Pick<GroupCommit, "bytes" | "anchor" | "header"> {
    const bytes = this.#bytes.subarray(0, this.#used);
    const anchor = anchorOf(bytes.subarray(this.#last), this.#start + this.#last);
    return { bytes, anchor, header: this.#header };
  }

  #append(text: string): void {
    // To count the bytes takes as long as to write them.
    const isRoomy = this.#used + text.length * MAX_UTF8_BYTES <= this.#bytes.length;
    const at = isRoomy ? this.#used : this.#makeRoom(Buffer.byteLength(text));
    const written = this.#bytes.write(text, at);
    this.#used = at + written;
  }

  /** Takes so many bytes into use; returns where they begin. */
  #makeRoom(bytes: number): number {
    const at = this.#used;
    this.#used += bytes;
    if (this.#used > this.#bytes.length) {
      const wider = Buffer.allocUnsafe(Math.max(this.#used, 2 * this.#bytes.length));
      this.#bytes.copy(wider, 0, 0, at);
      this.#bytes = wider;
    }
    return at;
  }
}

/** About as much as the calls will take. */
function roomFor(calls: readonly AppendCall[], { leaf }: GroupTerms): number {
  let bytes = leaf.leafId?.length ?? 0;
  for (const call of calls) bytes += call.bytes;
  return bytes;
}
