import type { TranscriptFormat } from "../../entry/transcript-format.js";
import type { FileToRead } from "../../file/file-system.js";
import { scanForward } from "../../scan/lines/scan-forward.js";
import type { EntryFinding } from "./verify-report.js";

/** Longer lines are not read once more for the sake of a name. */
const MAX_BYTES = 1_048_576;

/** Names the entry whose object begins at `offset`. */
export async function entryAt(
  file: FileToRead,
  offset: number,
  size: number,
  format: TranscriptFormat,
): Promise<EntryFinding & { readonly parentId?: string }> {
  let found: EntryFinding & { readonly parentId?: string } = { offset };
  const to = Math.min(size, offset + MAX_BYTES);
  await scanForward(file, { from: offset, to, chunkBytes: 4096, format }, (line) => {
    const { id, parentId } = line.facts();
    found = {
      offset,
      ...(id !== undefined && { id }),
      ...(typeof parentId === "string" && { parentId }),
    };
    return false;
  });
  return found;
}
