import { readFile } from "node:fs/promises";

/** A line of a transcript, parsed. */
export interface Line {
  readonly type: string;
  readonly id: string;
  readonly parentId?: string | null;
  readonly [member: string]: unknown;
}

/** All lines of a file, header included; rejects when one of them is no JSON. */
export async function readLines(file: string): Promise<Line[]> {
  const text = await readFile(file, "utf8");
  if (!text.endsWith("\n")) throw new Error("the file does not end in a newline");
  return text
    .slice(0, -1)
    .split("\n")
    .map((line) => JSON.parse(line) as Line);
}

/** The entries of a file, header excluded; throws unless they form one chain without repeats. */
export async function readChain(file: string): Promise<Line[]> {
  const entries = (await readLines(file)).filter((line) => line.type !== "session");
  let previous: string | null = null;
  for (const [index, entry] of entries.entries()) {
    if (entry.parentId !== previous) {
      throw new Error(`entry ${index} names ${entry.parentId}, behind ${previous}`);
    }
    previous = entry.id;
  }
  if (new Set(entries.map(({ id }) => id)).size !== entries.length) {
    throw new Error("an id comes twice");
  }
  return entries;
}

/** A header line with its newline. */
export const HEADER_LINE = `${JSON.stringify({
  type: "session",
  version: 3,
  id: "session-1",
  timestamp: "2026-01-01T00:00:00.000Z",
  cwd: "/",
})}\n`;

/** A linked entry's line with its newline. */
export function linkedLine(id: string, parentId: string | null, more: object = {}): string {
  return `${JSON.stringify({ type: "message", id, parentId, ...more })}\n`;
}

/** A linear entry's line with its newline. */
export function linearLine(more: object = {}): string {
  return `${JSON.stringify({ type: "message", message: { role: "user" }, ...more })}\n`;
}
