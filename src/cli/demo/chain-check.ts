import type { Transcript } from "../../transcript/transcript.js";

/** Problems listed in full; more are counted. */
const LISTED = 10;

/** What a walk over every line of a transcript found. */
export interface ChainCheck {
  readonly entries: number;
  readonly linear: number;
  readonly problems: readonly string[];
}

/**
 * Reads every entry and checks that each names the one before it, that no id comes twice and that
 * the entries of each demo writer stand in the order of its calls.
 *
 * @param before what an earlier check found: the problems that were there then, such as a session's
 * branches, are not reported again, and only the entries behind have writers to be checked
 */
export async function checkChain(transcript: Transcript, before?: ChainCheck): Promise<ChainCheck> {
  const oldEntries = before?.entries ?? 0;
  const isExcused = before !== undefined && before.problems.length > 0;
  const problems: string[] = [];
  const ids = new Set<string>();
  const sequences = new Map<unknown, number>();
  let previous: string | null = null;
  let entries = 0;
  let linear = 0;
  let count = 0;
  const report = (problem: string) => {
    count += 1;
    if (count <= LISTED) problems.push(problem);
  };
  /** Behind branches, the leaf may have been any entry. */
  const mayBranch = (parentId: string | null) =>
    entries <= oldEntries ||
    (entries === oldEntries + 1 && (parentId === null || ids.has(parentId)));
  for await (const { entry, oversized, offset } of transcript.entries()) {
    entries += 1;
    const { id, parentId } = entry ?? oversized ?? {};
    const isOld = entries <= oldEntries;
    if (parentId === undefined) linear += 1;
    else if (parentId !== previous && !(isExcused && mayBranch(parentId))) {
      report(`at ${offset}: parent ${parentId}, not ${previous}`);
    }
    if (id !== undefined && ids.has(id) && !(isExcused && isOld)) {
      report(`at ${offset}: id ${id} comes twice`);
    }
    if (id !== undefined) {
      ids.add(id);
      previous = id;
    }
    if (entry?.customType === "leaflog-demo" && !isOld) {
      const { writer, sequence } = (entry.data ?? {}) as { writer?: number; sequence?: number };
      if (sequence !== (sequences.get(writer) ?? 0)) {
        report(`at ${offset}: writer ${writer} out of order at ${sequence}`);
      }
      sequences.set(writer, (sequence ?? 0) + 1);
    }
  }
  if (count > LISTED) problems.push(`and ${count - LISTED} more`);
  return { entries, linear, problems };
}
