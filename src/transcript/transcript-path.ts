import { fileURLToPath } from "node:url";
import { invalid } from "../base/arguments.js";

/** Where a transcript is: a path, relative ones to the working directory, or a `file:` URL. */
export type TranscriptPath = string | URL;

/**
 * A path as a text.
 *
 * @param name what the caller calls it
 * @throws LeaflogError `LEAFLOG_INVALID_ARGUMENT` for all but a non-empty string without NUL and a
 * `file:` URL that names a path of this system
 */
export function pathText(path: unknown, name = "file"): string {
  const text = path instanceof URL ? textOf(path, name) : path;
  if (typeof text === "string" && text !== "" && !text.includes("\0")) return text;
  throw invalid(name, path, "a path (a non-empty string without NUL) or a file: URL");
}

function textOf(url: URL, name: string): string {
  try {
    return fileURLToPath(url);
  } catch {
    throw invalid(name, url, "a path, or a file: URL that names one of this system");
  }
}
