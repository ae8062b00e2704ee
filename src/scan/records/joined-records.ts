import { RecordJoiner } from "./record-joiner.js";

const NEWLINE = 0x0a;
/** So much stands before a list's first record at most. */
const START_BYTES = 4096;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const BOM: Buffer = Buffer.from([0xef, 0xbb, 0xbf]);

/** Records that do not stand on lines of their own. */
export interface JoinedRecords {
  readonly records: readonly Buffer[];
  /** Whether they stand in a list. */
  readonly listed: boolean;
  /** Whether one of them stands on several lines. */
  readonly spread: boolean;
}

/** The records that the start of a file holds where they do not stand on lines of their own. */
export function joinedRecords(bytes: Buffer): JoinedRecords {
  const records: Buffer[] = [];
  let listed = false;
  let spread = false;
  let inList = false;
  for (let at = bytes.indexOf(BOM) === 0 ? BOM.length : 0; at < bytes.length; ) {
    const joiner: RecordJoiner = new RecordJoiner(inList);
    joiner.push(bytes, at, bytes.length);
    for (const record of joiner.records) {
      if (records.length === 0) listed = isOpen(bytes.subarray(at, at + record.at.start));
      records.push(record.text);
      const newline = bytes.indexOf(NEWLINE, at + record.at.start);
      spread ||= newline !== -1 && newline < at + record.at.end;
    }
    if (joiner.state !== "done") break;
    inList = joiner.inList;
    at += joiner.end + (joiner.endsLine ? 1 : 0);
  }
  return { records, listed, spread };
}

/** Takes the first record that does not stand on a line of its own, however long it is. */
export class LongRecord {
  readonly #joiner = new RecordJoiner(false);
  #start: Buffer | undefined;

  /** Whether nothing has come of it so far. */
  get goesOn(): boolean {
    return this.#joiner.state === "open" && this.#joiner.records.length === 0;
  }

  /** Goes on with the next bytes of the file. */
  push(bytes: Buffer): void {
    const from = this.#start === undefined && bytes.indexOf(BOM) === 0 ? BOM.length : 0;
    this.#start ??= Buffer.from(bytes.subarray(from, from + START_BYTES));
    this.#joiner.push(bytes, from, bytes.length);
  }

  get joined(): JoinedRecords {
    const { records } = this.#joiner;
    const before = this.#start?.subarray(0, records[0]?.at.start);
    return {
      records: records.map(({ text }) => text),
      listed: before !== undefined && isOpen(before),
      spread: records.length > 0,
    };
  }
}

/** Whether a list begins and does not end. */
function isOpen(bytes: Buffer): boolean {
  return bytes.lastIndexOf(OPEN_BRACKET) > bytes.lastIndexOf(CLOSE_BRACKET);
}
