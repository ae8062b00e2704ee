import type { Entry } from "../../src/index.js";
import { openTranscript } from "../../src/index.js";
import type { PiEntry } from "./pi-session.js";

/** What leaflog sees in a file. */
export interface Seen {
  readonly entries: PiEntry[];
  readonly leafId: string | null;
}

/** Opens a file anew and reads all of it. */
export async function readByLeaflog(file: string): Promise<Seen> {
  await using transcript = await openTranscript(file);
  const entries: Entry[] = [];
  for await (const { entry } of transcript.entries()) if (entry) entries.push(entry);
  return { entries: entries.map(linked), leafId: (await transcript.leaf()).id };
}

function linked(entry: Entry): PiEntry {
  const { type, id, parentId, timestamp } = entry;
  if (type && id && parentId !== undefined && timestamp) {
    return { ...entry, type, id, parentId, timestamp };
  }
  throw new Error(`not a linked entry: ${JSON.stringify(entry)}`);
}
