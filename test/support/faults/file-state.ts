import { readFile } from "node:fs/promises";
import { isErrno } from "../../../src/file/is-errno.js";
import { HEADER_LINE, type Line } from "../lines.js";
import type { Scenario } from "./scenario.js";

/**
 * What a file is, compared with what a scenario begins with and ends with:
 * - `old`: as it was;
 * - `migrated`: migrated, nothing appended;
 * - `empty`: created, nothing appended;
 * - `new`: as it should be in the end;
 * - `rest`: the old file or the migrated one, and then something else.
 */
export type FileState =
  | { readonly name: "old" | "migrated" | "empty" | "new" }
  | { readonly name: "rest"; readonly rest: string };

/** The bytes of a file; undefined when there is none. */
export async function contentOf(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    throw error;
  }
}

/** @throws when not even the old bytes are there. */
export function stateOf(scenario: Scenario, content: Buffer | undefined): FileState {
  const { before, migrated, added } = scenario;
  if (content === undefined) {
    if (before === undefined) return { name: "old" };
    throw new Error("the file is gone");
  }
  const text = content.toString("latin1");
  if (text === before) return { name: "old" };
  if (text === "" && before === undefined) return { name: "empty" };
  if (text === migrated) return { name: added.length === 0 ? "new" : "migrated" };
  const old = [migrated, before ?? ""].find((base) => base !== undefined && text.startsWith(base));
  if (old === undefined) throw new Error(`old bytes are lost: ${JSON.stringify(text)}`);
  const rest = text.slice(old.length);
  const start = migrated === undefined || old === migrated;
  return start && isAdded(rest, old, scenario) ? { name: "new" } : { name: "rest", rest };
}

/** Whether the text is exactly what the scenario adds, with all that has to go first. */
function isAdded(rest: string, old: string, { added }: Scenario): boolean {
  const closing = old === "" || old.endsWith("\n") ? "" : "\n";
  if (!rest.startsWith(closing) || !rest.endsWith("\n")) return false;
  const lines = rest.slice(closing.length, -1).split("\n").map(parse);
  if (old === "" && !isHeader(lines.shift())) return false;
  return (
    lines.length === added.length &&
    added.every(({ id, parentId }, index) => {
      const line = lines[index];
      return line?.id === id && line.parentId === parentId;
    })
  );
}

function isHeader(line: Line | undefined): boolean {
  const { type, version } = JSON.parse(HEADER_LINE) as Line;
  return line?.type === type && line.version === version && typeof line.id === "string";
}

function parse(line: string): Line | undefined {
  try {
    return JSON.parse(line) as Line;
  } catch {
    // Cut short: no line that anybody added.
    return undefined;
  }
}
