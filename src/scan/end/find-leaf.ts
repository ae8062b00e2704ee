import type { TranscriptFormat } from "../../entry/transcript-format.js";
import type { FileToRead } from "../../file/file-system.js";
import type { ScannedLine } from "../lines/scanned-line.js";
import { scanRecordsBackward } from "../records/scan-records.js";
import { LeafSearch } from "./leaf-search.js";
import type { LeafState } from "./leaf-state.js";

export type { LeafState } from "./leaf-state.js";

export interface FoundLeaf extends LeafState {
  /** Byte behind the last newline. */
  readonly end: number;
  /** Bytes after it: a torn tail, complete JSON (`entry`) or not (`malformed`). */
  readonly tornTail?: {
    readonly offset: number;
    readonly length: number;
    readonly kept: "entry" | "malformed";
  };
  /** Where the last line is malformed that a newline ends and that is not blank. */
  readonly damagedLine?: { readonly offset: number; readonly length: number };
  /** The last line that a newline ends and that is not blank, if the part that was read has any. */
  readonly lastLine?: { readonly offset: number; readonly length: number };
}

export interface FindLeafOptions {
  /** Bytes of the file to look at, from its start. */
  readonly size: number;
  /** See `ScanOptions`. */
  readonly format?: TranscriptFormat | undefined;
  /**
   * The state before the line that starts at `offset`, from an earlier search in this file; not
   * used when `offset` lies beyond `size`.
   */
  readonly known?: { readonly offset: number; readonly state: LeafState };
  /** See `ScanOptions`. */
  readonly chunkBytes?: number;
  /** See `ScanOptions`. */
  readonly maxChunkBytes?: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Finds the leaf from the end of the file: one chunk for an ordinary transcript, whatever its size.
 *
 * The last linked line is the leaf, with two exceptions. A `leaf` control entry moves the leaf to
 * its target, which is null or an entry earlier in the file; one whose target is no such entry is
 * passed over. When the last linked line belongs to a batch that is not whole, the leaf is the
 * parent of the batch's first entry; when the batch's start is missing too, the batch is passed
 * over. An entry beside the main chain never is the leaf, nor one whose type the format excludes. A
 * torn tail that is complete JSON takes part as if a newline ended it, and the whole records of a
 * malformed line do as if each had a line of its own, linear ones excepted.
 *
 * @throws the error of a failed read, the signal's reason, or an `Error` when the file is shorter
 * than `size`.
 */
export async function findLeaf(file: FileToRead, options: FindLeafOptions): Promise<FoundLeaf> {
  const { size, known: offered, ...scan } = options;
  // A file that no longer reaches so far has been cut: what was known of it is void.
  const known = offered !== undefined && offered.offset <= size ? offered : undefined;
  const search = new LeafSearch(options.format);
  const ending = new FileEnding(size);
  const pass = (from: number, to: number): Promise<void> =>
    scanRecordsBackward(file, { ...scan, from, to }, (line) => {
      ending.see(line);
      const facts = line.facts();
      const { offset, length } = line.within ?? line;
      // A linear record in a malformed line is nothing that a migration would link.
      if (line.within === undefined || facts.kind !== "linear") {
        search.see(facts, offset + length + 1);
      }
      return !search.decided;
    });

  const knownOffset = known?.offset ?? 0;
  await pass(knownOffset, size);
  if (known !== undefined && !search.linked) return ending.with(search.state(known.state));
  if (!search.decided && knownOffset > 0) await pass(0, knownOffset);
  while (!search.decided) {
    const end = search.nextPass();
    if (end === undefined) break;
    await pass(0, Math.min(end, size));
  }
  return ending.with(search.state());
}

/** What the last lines tell about the end of the file. */
class FileEnding {
  #end: number;
  #tornTail: FoundLeaf["tornTail"];
  #lastLine: FoundLeaf["lastLine"];
  #damagedLine: FoundLeaf["damagedLine"];

  constructor(size: number) {
    this.#end = size;
  }

  see(line: ScannedLine): void {
    const { offset, length } = line;
    if (line.within !== undefined) return;
    if (!line.terminated) {
      if (offset + length < this.#end) return;
      const { kind } = line.facts();
      const kept = kind === "blank" || kind === "malformed" ? "malformed" : "entry";
      this.#end = offset;
      this.#tornTail = { offset, length, kept };
    } else if (this.#lastLine === undefined && line.facts().kind !== "blank") {
      this.#lastLine = { offset, length };
      if (line.facts().kind === "malformed") this.#damagedLine = this.#lastLine;
    }
  }

  with(state: LeafState): FoundLeaf {
    return {
      ...state,
      end: this.#end,
      ...(this.#tornTail && { tornTail: this.#tornTail }),
      ...(this.#lastLine && { lastLine: this.#lastLine }),
      ...(this.#damagedLine && { damagedLine: this.#damagedLine }),
    };
  }
}
