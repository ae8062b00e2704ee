import { LeaflogError } from "../../base/errors.js";
import type { EntryRecord } from "../../entry/entry.js";
import type { TranscriptFormat } from "../../entry/transcript-format.js";
import { nodeFileSystem } from "../../file/node-file-system.js";
import type { MalformedLine, MalformedLineOptions } from "../../read/malformed-line.js";
import { withFile, withStat } from "../../read/open-to-read.js";
import { findLeaf, type LeafState } from "../../scan/end/find-leaf.js";
import type { Transcript } from "../../transcript/transcript.js";
import { damagedEntries } from "./damaged-entries.js";
import { EntryTree } from "./entry-tree.js";

/** Entries of which a tree is made: half a GB of tables. */
const MAX_ENTRIES = 8_388_608;
/** Bytes between two words about the progress. */
const TELL_BYTES = 262_144;

export interface TreeReading extends MalformedLineOptions {
  readonly onProgress: (bytesDone: number, bytesTotal: number) => void;
  readonly signal: AbortSignal | undefined;
  readonly format: TranscriptFormat;
  /** Told of each entry. */
  readonly onEntry?: (record: EntryRecord) => void;
  /** @default 8,388,608 */
  readonly maxEntries?: number;
}

/**
 * Reads a transcript from its start to its end, once.
 *
 * @returns undefined when there are more than `maxEntries`: each takes about 60 bytes of memory
 * @throws LeaflogError `LEAFLOG_READ_FAILED`, `LEAFLOG_ABORTED`
 */
export async function readTree(
  transcript: Transcript,
  reading: TreeReading,
): Promise<EntryTree | undefined> {
  const { signal, onEntry, maxEntries = MAX_ENTRIES } = reading;
  // Before the entries: so the leaf is among them, whatever is appended meanwhile.
  const { leafId, shape } = await findEnd(transcript, reading);
  const tree = new EntryTree(reading.format);
  let isWhole = true;
  for await (const record of entriesOf(transcript, reading)) {
    onEntry?.(record);
    if (tree.size < maxEntries) tree.add(record);
    else isWhole = false;
  }
  if (!isWhole) return undefined;
  try {
    await tree.finish(leafId, shape === "linear", signal);
  } catch (cause) {
    if (!signal?.aborted || cause !== signal.reason) throw cause;
    throw new LeaflogError("LEAFLOG_ABORTED", "aborted", { file: transcript.file, cause });
  }
  return tree;
}

/** Where the branch begins that leads to the leaf. */
async function findEnd({ file: path }: Transcript, { format, signal }: TreeReading) {
  const source = { fileSystem: nodeFileSystem, file: path, maxEntryBytes: 1 };
  return withFile<LeafState>(
    source,
    { leafId: null, shape: "empty", linearAfterLeaf: false },
    (file) => withStat(file, ({ size }) => findLeaf(file, { size, format, signal })),
    signal,
  );
}

/** The entries of a transcript, those of malformed lines too, with word of how far it is read. */
export async function* entriesOf(
  transcript: Transcript,
  reading: Pick<TreeReading, "onProgress" | "signal" | "onMalformed" | "format">,
): AsyncGenerator<EntryRecord> {
  const { onProgress, signal, format } = reading;
  const { size } = await nodeFileSystem.stat(transcript.file);
  const damaged: MalformedLine[] = [];
  const onMalformed = (line: MalformedLine): void => {
    damaged.push(line);
    reading.onMalformed?.(line);
  };
  const saved = async function* (): AsyncGenerator<EntryRecord> {
    for (const line of damaged.splice(0)) {
      yield* await damagedEntries(transcript.file, line, format, signal);
    }
  };
  let told = 0;
  for await (const record of transcript.entries({ signal, onMalformed })) {
    if (damaged.length > 0) yield* saved();
    const done = record.offset + record.length;
    if (done - told >= TELL_BYTES) {
      told = done;
      onProgress(Math.min(done, size), size);
    }
    yield record;
  }
  yield* saved();
}
