import type { TranscriptFormat } from "../entry/transcript-format.js";
import type { FileToRead } from "../file/file-system.js";
import { scanBackward } from "./scan-backward.js";

/** Whether an entry of that id stands in the first `size` bytes; searched from the end. */
export async function hasEntry(
  file: FileToRead,
  size: number,
  id: string,
  format?: TranscriptFormat,
): Promise<boolean> {
  let found = false;
  await scanBackward(file, { to: size, format }, (line) => {
    const facts = line.facts();
    found = facts.id === id && facts.kind !== "header";
    return !found;
  });
  return found;
}
