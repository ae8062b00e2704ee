import type { TranscriptFormat } from "../../entry/transcript-format.js";
import type { FileSystem, FileToRead } from "../../file/file-system.js";
import { MAX_OPEN_FILES } from "../../file/slots.js";
import { YieldingFile } from "../../file/yielding-file.js";
import { findLeaf } from "../../scan/end/find-leaf.js";
import { asSaid } from "../../scan/file-content.js";
import { findStart } from "../../scan/find-start.js";
import { scanParts } from "../../scan/records/scan-parts.js";
import { EncodingWatch } from "./verify-encoding.js";
import { MAX_LISTED } from "./verify-findings.js";
import { EntryGraph } from "./verify-graph.js";
import { findLinks } from "./verify-links.js";
import { asReadError, guardedListener } from "./verify-progress.js";
import type { VerifyReport } from "./verify-report.js";
import { VerifyScan } from "./verify-scan.js";
import { summarize } from "./verify-summary.js";

/** Ids whose links are checked unless the caller says otherwise: half a GB of tables. */
export const MAX_ENTRIES = 16_777_216;

/** How a file is verified. */
export interface VerifyFileOptions {
  readonly onProgress?: ((bytesDone: number, bytesTotal: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Whether a missing header is a problem. */
  readonly header: "required" | "optional";
  readonly maxEntries: number;
  /** See `TranscriptOptions`. */
  readonly maxOpenFiles?: number | undefined;
  /** Default: what the first lines say. */
  readonly format?: TranscriptFormat | undefined;
}

/**
 * Reads a transcript once, without the lock, and says what state it is in.
 *
 * @throws LeaflogError `LEAFLOG_READ_FAILED`, also when there is no file; `LEAFLOG_ABORTED`
 */
export async function verifyFile(
  fs: FileSystem,
  path: string,
  options: VerifyFileOptions,
): Promise<VerifyReport> {
  try {
    options.signal?.throwIfAborted();
    const { maxOpenFiles = MAX_OPEN_FILES, signal } = options;
    const file = await YieldingFile.open(fs, path, maxOpenFiles, signal);
    try {
      return await verifyOpen(file, path, options);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw asReadError(path, error, options.signal);
  }
}

async function verifyOpen(
  file: FileToRead,
  path: string,
  options: VerifyFileOptions,
): Promise<VerifyReport> {
  const { onProgress: listener, signal, maxEntries } = options;
  const onProgress = guardedListener(listener);
  const { size } = await file.stat();
  const start = await findStart(file, size, { format: options.format, signal });
  const { format, header } = start;
  const content = options.header === "optional" ? asSaid(start.content) : start.content;
  const graph = new EntryGraph(maxEntries, MAX_LISTED);
  const encoding = new EncodingWatch(file);
  const scan = new VerifyScan(file, format, graph, encoding, signal);
  let told = -1;
  await scanParts(
    encoding,
    {
      to: size,
      format,
      signal,
      onProgress: (bytesDone) => {
        // A scan that starts over behind a long line has read a little ahead.
        if (bytesDone <= told || bytesDone >= size) return;
        told = bytesDone;
        onProgress?.(bytesDone, size);
      },
    },
    scan,
  );
  encoding.finish();
  await scan.settle();
  scan.batches.finish();
  const { leafId, shape } = await findLeaf(file, { size, format, signal });
  const links = graph.full
    ? undefined
    : await findLinks(file, size, graph, scan, leafId, format, signal);
  onProgress?.(size, size);
  return summarize({
    file: path,
    size,
    format,
    content,
    header,
    headerRequired: options.header === "required",
    scan,
    encoding,
    leaf: { id: leafId, shape },
    links,
  });
}
