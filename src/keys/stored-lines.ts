import { jsonObject } from "../base/json-object.js";
import type { Entry } from "../entry/entry.js";
import { entryLinks, type TranscriptFormat } from "../entry/transcript-format.js";
import type { FileToRead } from "../file/file-system.js";
import { readFully } from "../scan/lines/read-fully.js";
import { WorkPace } from "../scan/lines/work-pace.js";
import { keyOfEntry } from "./idempotency-key.js";
import { scanKeys } from "./key-scan.js";
import type { Place } from "./key-table.js";
import { type StoredEntry, storedEntry } from "./stored-entry.js";

/** Lines that stand together are read together, up to this many bytes. */
const READ_BYTES = 262_144;
/** Bytes between two lines that are rather read than skipped. */
const GAP_BYTES = 16_384;

/** A key and where its line should stand. */
export interface Hit extends Place {
  readonly key: string;
}

/**
 * Reads the lines of keys, and tells of each what stands there: undefined when it is not of that
 * key, as when two keys have one hash.
 *
 * @param terms lines of more than `maxEntryBytes` come without their entry
 * @throws the error of a failed read
 */
export async function readStored(
  file: FileToRead,
  hits: readonly Hit[],
  { maxEntryBytes, format }: { readonly maxEntryBytes: number; readonly format: TranscriptFormat },
  tell: (hit: Hit, stored: StoredEntry | undefined) => void,
): Promise<void> {
  const pace = new WorkPace();
  for (const run of runsOf(hits, maxEntryBytes)) {
    const first = run[0] as Hit;
    if (first.length > maxEntryBytes) {
      tell(first, await readOversized(file, first, format));
      continue;
    }
    const last = run[run.length - 1] as Hit;
    const bytes = Buffer.allocUnsafe(last.offset + last.length - first.offset);
    const read = await readFully(file, bytes, 0, bytes.length, first.offset);
    pace.restart();
    for (const hit of run) {
      if (pace.isDue(hit.length)) await pace.rest();
      const start = hit.offset - first.offset;
      tell(hit, parseStored(hit, bytes.subarray(0, read), start, format));
    }
  }
}

/** Hits in the order of the file, those that are read at once together. */
function runsOf(hits: readonly Hit[], maxEntryBytes: number): Hit[][] {
  const runs: Hit[][] = [];
  let from = 0;
  let to = Number.NEGATIVE_INFINITY;
  for (const hit of [...hits].sort((a, b) => a.offset - b.offset)) {
    const end = hit.offset + hit.length;
    const near = hit.offset - to <= GAP_BYTES && end - from <= READ_BYTES;
    if (near && hit.length <= maxEntryBytes) (runs.at(-1) as Hit[]).push(hit);
    else {
      runs.push([hit]);
      from = hit.offset;
    }
    to = hit.length <= maxEntryBytes ? end : Number.NEGATIVE_INFINITY;
  }
  return runs;
}

function parseStored(
  hit: Hit,
  bytes: Buffer,
  start: number,
  format: TranscriptFormat,
): StoredEntry | undefined {
  const text = bytes.toString("utf8", start, start + hit.length).replace(/^\uFEFF/, "");
  // Where it is not the line that it was, it is not the key's either.
  const entry = jsonObject(text) as Entry | undefined;
  if (entry === undefined || keyOfEntry(entry) !== hit.key) return undefined;
  return storedEntry(hit.key, entryLinks(entry, format), hit, entry);
}

async function readOversized(
  file: FileToRead,
  hit: Hit,
  format: TranscriptFormat,
): Promise<StoredEntry | undefined> {
  let stored: StoredEntry | undefined;
  const range = { from: hit.offset, to: hit.offset + hit.length, format };
  await scanKeys(file, range, ({ facts, key }) => {
    if (key === hit.key) stored = storedEntry(hit.key, facts, hit);
    return false;
  });
  return stored;
}
