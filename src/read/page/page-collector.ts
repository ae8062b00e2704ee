import type { TranscriptFormat } from "../../entry/transcript-format.js";
import type { ScannedLine } from "../../scan/lines/scanned-line.js";
import { type MalformedLineOptions, tellMalformed } from "../malformed-line.js";
import { bodyBytes, type MetEntry, meetEntry, type TextOption } from "../read-entry.js";

/** What goes on a page, out of lines that are shown one after another in either direction. */
export class PageCollector {
  readonly entries: MetEntry[] = [];
  /** Whether an entry was shown that has no room on the page. */
  overfull = false;
  /** Bytes of the first entry, when it alone is more than the page may hold. */
  requiredBytes: number | undefined;
  /** Where the line that was shown first ends: behind its newline, or before it when half a line. */
  firstEnd: number | undefined;
  /** The same of the last line that found room or needed none. */
  lastEnd: number | undefined;
  readonly #limit: number;
  readonly #maxBytes: number;
  readonly #maxEntryBytes: number;
  readonly #format: TranscriptFormat;
  readonly #options: MalformedLineOptions & TextOption;
  #bytes = 0;

  constructor(
    { limit, maxBytes }: { readonly limit: number; readonly maxBytes: number },
    maxEntryBytes: number,
    format: TranscriptFormat,
    options: MalformedLineOptions & TextOption,
  ) {
    this.#limit = limit;
    this.#maxBytes = maxBytes;
    this.#maxEntryBytes = maxEntryBytes;
    this.#format = format;
    this.#options = options;
  }

  /** Takes the next line; false when the page is complete. */
  see(line: ScannedLine): boolean {
    const met = meetEntry(line, this.#maxEntryBytes, this.#format, this.#options);
    const end = endOf(line, met);
    this.firstEnd ??= end;
    if (met === undefined) tellMalformed(line, this.#options);
    else if (!this.#take(met)) return false;
    this.lastEnd = end;
    return true;
  }

  #take(met: MetEntry): boolean {
    const bytes = bodyBytes(met);
    if (this.entries.length === this.#limit || this.#bytes + bytes > this.#maxBytes) {
      this.overfull = true;
      if (this.entries.length === 0) this.requiredBytes = bytes;
      return false;
    }
    this.#bytes += bytes;
    this.entries.push(met);
    return true;
  }
}

function endOf({ offset, length, terminated }: ScannedLine, met: MetEntry | undefined): number {
  if (terminated) return offset + length + 1;
  return met === undefined ? offset : offset + length;
}
