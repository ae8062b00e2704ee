import { open } from "node:fs/promises";
import { verifyTranscript } from "../../src/index.js";
import type { Fixture } from "../workload/fixture.js";
import { countRows } from "../writers/sqlite.js";
import type { Format } from "../writers/writer.js";

export interface Written {
  readonly format: Format;
  readonly file: string;
  /** Messages that have to be there. */
  readonly count: number;
  /** What was there before. */
  readonly onto?: Fixture;
}

/**
 * Whether what an arm wrote is all there and whole. An arm that is quick because it loses, tears
 * or forks is no rival.
 *
 * @returns what is wrong, or undefined
 */
export async function checkWritten(written: Written): Promise<string | undefined> {
  const { format, file, count, onto } = written;
  if (format === "sqlite") {
    const { rows, valid } = await countRows(file);
    if (rows !== count) return `${rows} rows, not ${count}`;
    return valid === rows ? undefined : `${rows - valid} rows are no JSON`;
  }
  if (onto)
    return checkLines(await linesFrom(file, onto.bytes), count, linkOf(format, onto.leafId));
  if (format === "transcript") return checkTranscript(file, count);
  return checkLines(await linesFrom(file, 0), count);
}

async function checkTranscript(file: string, count: number): Promise<string | undefined> {
  const { ok, problems, counts, links } = await verifyTranscript(file);
  if (!ok) return `does not verify: ${problems.join(", ")}`;
  if (counts.entries !== count) return `${counts.entries} entries, not ${count}`;
  if (links === undefined || links.roots.total !== 1 || links.forks.total > 0) {
    return `${links?.roots.total} roots and ${links?.forks.total} forks: not one chain`;
  }
  return undefined;
}

/** Parent of the first line, where the lines have to be linked. */
function linkOf(format: Format, leafId: string | null): { parent: string | null } | undefined {
  return format === "transcript" ? { parent: leafId } : undefined;
}

function checkLines(
  lines: readonly string[],
  count: number,
  link?: { parent: string | null },
): string | undefined {
  if (lines.at(-1) !== "") return "the last line has no newline";
  if (lines.length - 1 !== count) return `${lines.length - 1} lines, not ${count}`;
  let parent = link?.parent;
  for (const [index, line] of lines.slice(0, -1).entries()) {
    let entry: { id?: string; parentId?: string | null };
    try {
      entry = JSON.parse(line);
    } catch {
      return `line ${index + 1} is no JSON`;
    }
    if (link && entry.parentId !== parent) return `line ${index + 1} names another parent`;
    parent = entry.id ?? null;
  }
  return undefined;
}

async function linesFrom(file: string, offset: number): Promise<string[]> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    if (size < offset) return [];
    const bytes = Buffer.alloc(size - offset);
    for (let filled = 0; filled < bytes.length; ) {
      const { bytesRead } = await handle.read(
        bytes,
        filled,
        bytes.length - filled,
        offset + filled,
      );
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return bytes.toString("utf8").split("\n");
  } finally {
    await handle.close();
  }
}
