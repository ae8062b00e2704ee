import {
  followTranscript,
  migrateTranscript,
  openTranscript,
  readBranch,
  readEntries,
  readEntry,
  readHeader,
  readLeaf,
  readPage,
  readTail,
  repairTranscript,
  snapshotTranscript,
  type TranscriptPath,
  verifyTranscript,
} from "../../src/index.js";

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

/** Every function that takes the path of a transcript. Options may be wrong ones. */
export const PATH_CALLS = {
  openTranscript: async (file: TranscriptPath, options?: never) => {
    await using transcript = await openTranscript(file, options);
    return transcript.leaf();
  },
  readLeaf: async (file: TranscriptPath, options?: never) => readLeaf(file, options),
  readHeader: async (file: TranscriptPath, options?: never) => readHeader(file, options),
  readEntries: async (file: TranscriptPath, options?: never) => all(readEntries(file, options)),
  readTail: async (file: TranscriptPath, options?: never) => readTail(file, 2, options),
  readEntry: async (file: TranscriptPath, options?: never) => readEntry(file, "a", options),
  readBranch: async (file: TranscriptPath, options?: never) =>
    all(readBranch(file, undefined, options)),
  readPage: async (file: TranscriptPath, options?: never) => readPage(file, options),
  followTranscript: async (file: TranscriptPath, options: object = {}) => {
    for await (const entry of followTranscript(file, { from: "start", ...options })) return entry;
    return undefined;
  },
  snapshotTranscript: async (file: TranscriptPath, options?: never) =>
    all((await snapshotTranscript(file, options)).stream),
  verifyTranscript: async (file: TranscriptPath, options?: never) =>
    verifyTranscript(file, options),
  repairTranscript: async (file: TranscriptPath, options: object = {}) =>
    repairTranscript(file, { dryRun: true, ...options }),
  migrateTranscript: async (file: TranscriptPath, options?: never) =>
    migrateTranscript(file, options),
};
