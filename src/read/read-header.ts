import type { Header } from "../entry/header.js";
import { findStart } from "../scan/find-start.js";
import { readFully } from "../scan/lines/read-fully.js";
import { ensureTranscript } from "./content-advice.js";
import { withFile } from "./open-to-read.js";
import type { ReadSource } from "./read-source.js";

/**
 * The header of a transcript; undefined when there is none, its line is damaged, or the format has
 * none.
 *
 * @throws LeaflogError `LEAFLOG_READ_FAILED`, `LEAFLOG_UNKNOWN_FORMAT`
 */
export async function readHeader(source: ReadSource): Promise<Header | undefined> {
  return withFile<Header | undefined>(source, undefined, async (file) => {
    const { size } = await file.stat();
    const { header: found, content } = await findStart(file, size, { format: source.format });
    ensureTranscript(source.file, content, source);
    if (found.state !== "header") return undefined;
    const line = Buffer.allocUnsafe(found.length);
    await readFully(file, line, 0, line.length, found.offset);
    return JSON.parse(line.toString("utf8").replace(/^\uFEFF/, "")) as Header;
  });
}
