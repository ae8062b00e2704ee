import { mkdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { HEADER_LINE, linkedLine } from "../lines.js";

/** What another program may do to a transcript that it takes for its own. */
export interface FileChange {
  readonly name: string;
  /** @param file as it is; undefined when there is none just now */
  readonly make: (file: string, content: Buffer | undefined) => void;
}

export const OTHER_TRANSCRIPT =
  HEADER_LINE.replace("session-1", "other") + linkedLine("x", null) + linkedLine("y", "x");

export const CHANGES: readonly FileChange[] = [
  { name: "deleted", make: (file) => rmSync(file, { force: true }) },
  {
    name: "replaced by another transcript",
    make: (file) => {
      const other = join(dirname(dirname(file)), "other");
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(other, OTHER_TRANSCRIPT);
      renameSync(other, file);
    },
  },
  {
    name: "cut behind its first entry",
    make: cutTo((content) => content.indexOf("\n", content.indexOf("\n") + 1) + 1),
  },
  { name: "cut in its last line", make: cutTo((content) => content.length - 10) },
  { name: "emptied", make: cutTo(() => 0) },
];

/** Does it now, and tells what the file is then. */
export function changeFile(file: string, { make }: FileChange): Buffer | undefined {
  make(file, contentNow(file));
  return contentNow(file);
}

function cutTo(end: (content: Buffer) => number): FileChange["make"] {
  return (file, content) => {
    if (content === undefined || content.length === 0) return;
    truncateSync(file, Math.max(0, end(content)));
  };
}

function contentNow(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
