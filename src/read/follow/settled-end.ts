import type { FileToRead } from "../../file/file-system.js";
import type { BatchMark } from "../../scan/lines/line-facts.js";
import { scanBackward } from "../../scan/lines/scan-backward.js";

/**
 * Up to where the lines of a growing file can be shown: not into a batch whose last entry has yet
 * to come. A batch behind which anything else stands has been interrupted, and nothing more of it
 * will come. Reads the last line, or the batch that it is of.
 *
 * @param from start of the first line to be shown; nothing before it is looked at
 * @param to byte behind the last newline
 */
export async function settledEnd(
  file: FileToRead,
  from: number,
  to: number,
  signal?: AbortSignal,
): Promise<number> {
  let open: BatchMark | undefined;
  // Unless a line says otherwise, there is none, or all of them are of one batch that goes on.
  let end = from;
  await scanBackward(file, { from, to, signal }, (line) => {
    const { batch } = line.facts();
    const isOpen = open === undefined ? !isLast(batch) : isBefore(batch, open);
    open = batch;
    if (batch !== undefined && isOpen && batch.index > 0) return true;
    end = isOpen ? line.offset : to;
    return false;
  });
  return end;
}

function isLast(batch: BatchMark | undefined): boolean {
  return batch === undefined || batch.index === batch.size - 1;
}

function isBefore(batch: BatchMark | undefined, next: BatchMark): boolean {
  return batch?.size === next.size && batch.index === next.index - 1;
}
