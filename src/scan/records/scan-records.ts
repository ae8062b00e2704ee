import type { FileToRead } from "../../file/file-system.js";
import { lineText } from "../lines/line-text.js";
import { startBackward } from "../lines/scan-backward.js";
import type { LineVisitor, ScannedLine, ScanOptions, ScanSteps } from "../lines/scanned-line.js";
import { dissectHeld, dissectLine } from "./dissect-line.js";
import type { LinePart } from "./line-part.js";

/** Malformed lines up to this are taken apart while the scan holds them. */
const HELD_BYTES = 32_768;
/** Records of a longer line that are remembered at a time. */
const MAX_RECORDS = 4096;

type RecordPart = Extract<LinePart, { kind: "record" }>;
type Extent = Pick<ScannedLine, "offset" | "length">;

/**
 * A scan backwards that hands out the whole records of a malformed line behind the line itself,
 * last to first, as if each had a line of its own: they count for the chain of a transcript, whatever
 * was written before or behind them. Bounds and errors are those of `scanBackward`.
 */
export async function scanRecordsBackward(
  file: FileToRead,
  options: ScanOptions & { readonly to: number },
  visit: LineVisitor,
): Promise<void> {
  const scan = await startRecordsBackward(file, options, visit);
  for (let more = true; more; ) more = await scan.step();
}

/** Begins what `scanRecordsBackward` does. */
export async function startRecordsBackward(
  file: FileToRead,
  options: ScanOptions & { readonly to: number },
  visit: LineVisitor,
): Promise<ScanSteps> {
  const scan = new RecordScan(file, options, visit);
  await scan.start(options.to);
  return scan;
}

class RecordScan implements ScanSteps {
  readonly #file: FileToRead;
  readonly #options: ScanOptions & { readonly to: number };
  readonly #visit: LineVisitor;
  #scan: ScanSteps | undefined;
  /** A line that is too long to be taken apart at once. */
  #long: Extent | undefined;
  #stopped = false;

  constructor(
    file: FileToRead,
    options: ScanOptions & { readonly to: number },
    visit: LineVisitor,
  ) {
    this.#file = file;
    this.#options = options;
    this.#visit = visit;
  }

  async start(to: number): Promise<void> {
    const { onProgress, to: end } = this.#options;
    const options = {
      ...this.#options,
      to,
      ...(onProgress && { onProgress: (done: number) => onProgress(end - to + done) }),
    };
    this.#scan = await startBackward(this.#file, options, (line) => this.#see(line));
  }

  async step(): Promise<boolean> {
    const long = this.#long;
    if (long === undefined) {
      const more = await this.#scan?.step();
      return this.#long !== undefined || (more === true && !this.#stopped);
    }
    this.#long = undefined;
    await this.#takeApart(long);
    const from = this.#options.from ?? 0;
    if (this.#stopped || long.offset <= from) return false;
    await this.start(long.offset);
    return true;
  }

  #see(line: ScannedLine): boolean {
    if (this.#visit(line) === false) this.#stopped = true;
    else if (line.facts().kind === "malformed") {
      const { offset, length, bytes } = line;
      if (bytes !== undefined && length <= HELD_BYTES) this.#takeApartHeld(offset, bytes);
      else this.#long = { offset, length };
    }
    return !this.#stopped && this.#long === undefined;
  }

  #takeApartHeld(offset: number, bytes: Buffer): void {
    const records: RecordPart[] = [];
    const emit = (part: LinePart): void => {
      if (part.kind === "record") records.push(part);
    };
    dissectHeld(bytes, emit, this.#options.format);
    this.#handOut(records, { offset, length: bytes.length }, bytes);
  }

  /** Record by record from its end, as many at a time as are remembered. */
  async #takeApart({ offset, length }: Extent): Promise<void> {
    for (let end = length; end > 0 && !this.#stopped; ) {
      let records: RecordPart[] = [];
      let isAll = true;
      const emit = (part: LinePart): void => {
        if (part.kind !== "record") return;
        records.push(part);
        if (records.length < 2 * MAX_RECORDS) return;
        records = records.slice(MAX_RECORDS);
        isAll = false;
      };
      await dissectLine(this.#file, { offset, length: end }, emit, this.#options);
      this.#handOut(records, { offset, length }, undefined);
      end = isAll ? 0 : (records[0]?.offset ?? 0);
    }
  }

  #handOut(records: readonly RecordPart[], line: Extent, bytes: Buffer | undefined): void {
    for (const record of records.toReversed()) {
      if (this.#visit(new RecordLine(record, line, bytes)) !== false) continue;
      this.#stopped = true;
      return;
    }
  }
}

/** A record as if it had a line of its own. */
class RecordLine implements ScannedLine {
  readonly offset: number;
  readonly length: number;
  readonly terminated = true;
  readonly bytes: Buffer | undefined;
  readonly within: Extent;
  readonly #facts: RecordPart["facts"];

  constructor({ offset, length, facts }: RecordPart, line: Extent, bytes: Buffer | undefined) {
    this.offset = line.offset + offset;
    this.length = length;
    this.within = line;
    this.bytes = bytes?.subarray(offset, offset + length);
    this.#facts = facts;
  }

  text(): string | undefined {
    return this.bytes && lineText(this.bytes, 0, this.bytes.length, this.offset);
  }

  facts(): RecordPart["facts"] {
    return this.#facts;
  }
}
