import type { OpenFile } from "../file/file-system.js";
import { scanBackward } from "../scan/lines/scan-backward.js";
import type { ScanOptions } from "../scan/lines/scanned-line.js";

/**
 * Where the end of a file begins that mode `tail` repairs: behind the last line that is whole, or
 * with that line when it lacks its newline.
 */
export async function tailStart(file: OpenFile, size: number, scan: ScanOptions): Promise<number> {
  let start = size;
  await scanBackward(file, { ...scan, to: size }, (line) => {
    const { kind } = line.facts();
    if (kind === "malformed" || !line.terminated) start = line.offset;
    return kind === "malformed" || kind === "blank";
  });
  return start;
}
