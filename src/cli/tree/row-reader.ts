import { jsonObject } from "../../base/json-object.js";
import type { Entry } from "../../entry/entry.js";
import type { OpenFile } from "../../file/file-system.js";
import { readFully } from "../../scan/lines/read-fully.js";

/** Longer lines are not read for the sake of a row. */
const MAX_BYTES = 1_048_576;

/**
 * The entry on a line that was met before; undefined when it is too long for a look, or the file is
 * another one by now.
 */
export async function readRow(
  file: OpenFile,
  offset: number,
  length: number,
): Promise<Entry | undefined> {
  if (length > MAX_BYTES) return undefined;
  const bytes = Buffer.allocUnsafe(length);
  if ((await readFully(file, bytes, 0, length, offset)) < length) return undefined;
  const hasBom = offset === 0 && bytes[0] === 0xef;
  return jsonObject(bytes.toString("utf8", hasBom ? 3 : 0));
}
