import type { EntryRecord } from "../../entry/entry.js";
import type { TranscriptFormat } from "../../entry/transcript-format.js";
import { nodeFileSystem } from "../../file/node-file-system.js";
import type { MalformedLine } from "../../read/malformed-line.js";
import { isEntry, UnreadEntry } from "../../read/read-entry.js";
import { dissectLine } from "../../scan/records/dissect-line.js";

/** The entries among the whole records of a malformed line: they are on branches, as others are. */
export async function damagedEntries(
  file: string,
  line: MalformedLine,
  format: TranscriptFormat,
  signal: AbortSignal | undefined,
): Promise<EntryRecord[]> {
  const open = await nodeFileSystem.open(file, "read");
  try {
    const met: UnreadEntry[] = [];
    await dissectLine(
      open,
      line,
      (part) => {
        if (part.kind !== "record" || !isEntry(part.facts)) return;
        met.push(new UnreadEntry(line.offset + part.offset, part.length, format, false));
      },
      { format, signal },
    );
    const records: EntryRecord[] = [];
    for (const entry of met) records.push(await entry.read(open));
    return records;
  } finally {
    await open.close();
  }
}
