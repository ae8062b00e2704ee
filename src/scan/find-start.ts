import {
  CLAUDE_CODE_AGENT,
  DEFAULT_FORMAT,
  type TranscriptFormat,
} from "../entry/transcript-format.js";
import type { FileToRead } from "../file/file-system.js";
import { asSaid, type FileContent, findContent } from "./file-content.js";
import { type FindHeaderOptions, type FoundHeader, findHeader } from "./find-header.js";

/** What the start of a file tells. */
export interface FileStart {
  readonly format: TranscriptFormat;
  readonly header: FoundHeader;
  /** What it is, by its first lines. */
  readonly content: FileContent;
  /** Whether the format is certain, whatever may be appended. */
  readonly certain: boolean;
}

/** What the start of a file is looked at for. */
export interface FindStartOptions extends FindHeaderOptions {
  /** What the caller says that it is. Default: what its first lines say. */
  readonly format?: TranscriptFormat | undefined;
}

/**
 * The format of a file and its header, and what it is at all. Where the first line is a header,
 * reads what `findHeader` reads; otherwise what `findContent` does as well. Without a sign there it
 * is the default format.
 *
 * @throws the error of a failed read, or the signal's reason
 */
export async function findStart(
  file: FileToRead,
  size: number,
  options: FindStartOptions = {},
): Promise<FileStart> {
  const { format: said, ...rest } = options;
  const { signal } = options;
  if (said !== undefined && said.headerType === undefined) {
    const shown = await findContent(file, size, signal);
    // What an agent did and what a whole session did go by one name.
    const isShown = said.aside !== undefined && shown.format?.name === said.name;
    const format = isShown && shown.format ? shown.format : said;
    const content = asSaid(shown.content);
    const certain = size > 0 && format !== CLAUDE_CODE_AGENT;
    return { format, header: { state: "none" }, content, certain };
  }
  const header = await findHeader(file, size, rest);
  if (header.state === "header" || header.state === "empty") {
    const certain = said !== undefined || header.state === "header";
    return { format: said ?? DEFAULT_FORMAT, header, content: "transcript", certain };
  }
  const shown = await findContent(file, size, signal);
  if (said !== undefined) {
    return { format: said, header, content: asSaid(shown.content), certain: true };
  }
  const { format = DEFAULT_FORMAT, content } = shown;
  if (format.headerType === undefined) {
    // One entry of a main chain settles that a file is no agent's own.
    return { format, header: { state: "none" }, content, certain: format !== CLAUDE_CODE_AGENT };
  }
  return { format, header, content, certain: shown.format !== undefined };
}
