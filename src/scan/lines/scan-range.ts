import type { FileToRead } from "../../file/file-system.js";
import type { ScanOptions } from "./scanned-line.js";

const CHUNK_BYTES = 65_536;
const MAX_CHUNK_BYTES = 1_048_576;

/** {@link ScanOptions} with their defaults. */
export interface ScanRange {
  readonly from: number;
  readonly to: number;
  readonly chunkBytes: number;
  readonly maxChunkBytes: number;
  readonly maxReadBytes: number;
}

export async function scanRange(file: FileToRead, options: ScanOptions): Promise<ScanRange> {
  const maxChunkBytes = Math.max(1, options.maxChunkBytes ?? MAX_CHUNK_BYTES);
  return {
    from: options.from ?? 0,
    to: options.to ?? (await file.stat()).size,
    chunkBytes: Math.min(maxChunkBytes, Math.max(1, options.chunkBytes ?? CHUNK_BYTES)),
    maxChunkBytes,
    maxReadBytes: Math.min(maxChunkBytes, Math.max(1, options.maxReadBytes ?? maxChunkBytes)),
  };
}
