import type { FormatName, TranscriptFormat } from "../../entry/transcript-format.js";
import { FormatSigns } from "../../scan/format-signs.js";
import type { LineFacts } from "../../scan/lines/line-facts.js";
import type { ScannedLine } from "../../scan/lines/scanned-line.js";
import { Findings } from "./verify-findings.js";
import type { StrayFinding } from "./verify-report.js";

/** As much of a line shows its format, if anything does. */
const SIGN_BYTES = 4096;

/** Finds lines that came from other transcripts: further headers, and lines of other formats. */
export class StrayLines {
  readonly headers: Findings<StrayFinding> = new Findings();
  readonly foreign: Findings<StrayFinding & { readonly format: FormatName }> = new Findings();
  readonly #format: TranscriptFormat;
  readonly #signs = new FormatSigns();
  #headerMet = false;

  constructor(format: TranscriptFormat) {
    this.#format = format;
  }

  /** Takes the next line that is not malformed. */
  see(line: ScannedLine, facts: LineFacts, number: number): void {
    const { offset, length } = line;
    if (facts.kind === "header") {
      if (this.#headerMet) this.headers.add({ line: number, offset, length });
      this.#headerMet = true;
      return;
    }
    // What has its place in the tree is one of the transcript's own.
    if (facts.kind !== "linear" && facts.kind !== "unlinked") return;
    const format = this.#formatOf(line);
    if (format === undefined || format === this.#format.name) return;
    this.foreign.add({ line: number, offset, length, format });
  }

  #formatOf({ bytes }: ScannedLine): FormatName | undefined {
    return bytes && this.#signs.formatOf(bytes.subarray(0, SIGN_BYTES))?.name;
  }
}
