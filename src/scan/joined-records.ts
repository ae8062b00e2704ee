import { RecordJoiner } from "./record-joiner.js";

/** The records that the start of a file holds where they do not stand on lines of their own. */
export function joinedRecords(bytes: Buffer): Buffer[] {
  const records: Buffer[] = [];
  let inList = false;
  for (let at = bytes.indexOf(BOM) === 0 ? BOM.length : 0; at < bytes.length; ) {
    const joiner: RecordJoiner = new RecordJoiner(inList);
    joiner.push(bytes, at, bytes.length);
    for (const { text } of joiner.records) records.push(text);
    if (joiner.state !== "done") break;
    inList = joiner.inList;
    at += joiner.end + (joiner.endsLine ? 1 : 0);
  }
  return records;
}

const BOM: Buffer = Buffer.from([0xef, 0xbb, 0xbf]);
