import {
  type FormatName,
  TRANSCRIPT_FORMATS,
  type TranscriptFormat,
} from "../../entry/transcript-format.js";
import { nodeFileSystem } from "../../file/node-file-system.js";
import { readSourceFormat } from "../../read/read-format.js";

/** The format of a transcript: the one that is named, else what its first lines say. */
export async function foundFormat(
  file: string,
  { format: name }: { readonly format?: FormatName },
): Promise<TranscriptFormat> {
  if (name !== undefined) return TRANSCRIPT_FORMATS[name];
  return readSourceFormat({ fileSystem: nodeFileSystem, file, maxEntryBytes: 1 });
}
