import type { TranscriptFormat } from "../entry/transcript-format.js";
import type { FileToRead } from "../file/file-system.js";
import { entryAt } from "./verify-entry-at.js";
import type { EntryGraph, NodeList } from "./verify-graph.js";
import type { EntryFinding, LinkFindings, Listed } from "./verify-report.js";
import type { VerifyScan } from "./verify-scan.js";

/** Names what the graph found; reads the entries once more that are listed. */
export async function findLinks(
  file: FileToRead,
  size: number,
  graph: EntryGraph,
  scan: VerifyScan,
  leafId: string | null,
  format: TranscriptFormat,
  signal: AbortSignal | undefined,
): Promise<LinkFindings> {
  const { roots, dangling, forks, cycles } = await graph.facts(signal);
  const name = (offset: number) => entryAt(file, offset, size, format);
  const list = <T>(
    nodes: NodeList,
    finding: (entry: EntryFinding & { readonly parentId?: string }, size: number) => T,
  ): Promise<Listed<T>> =>
    listed(nodes, async (node) => finding(await name(graph.offsetOf(node.node)), node.size));
  const duplicates = {
    same: await listed(scan.same, async (offset) => withoutParent(await name(offset))),
    different: await listed(scan.different, async (offset) => withoutParent(await name(offset))),
  };
  // Entries without links follow each other as they stand.
  const branch =
    leafId === null
      ? { length: scan.counts.linked === 0 ? scan.counts.linear : 0, whole: true }
      : await graph.branch(scan.keyOf(leafId));
  return {
    roots: await list(roots, withoutParent),
    dangling: await list(dangling, (entry) => entry),
    forks: await list(forks, (entry, children) => ({ ...withoutParent(entry), children })),
    cycles: await list(cycles, (entry, entries) => ({ ...withoutParent(entry), entries })),
    duplicates,
    branchLength: branch.length,
    branchWhole: branch.whole,
  };
}

async function listed<S, T>(
  { total, first }: Listed<S>,
  describe: (item: S) => Promise<T>,
): Promise<Listed<T>> {
  const described: T[] = [];
  for (const item of first) described.push(await describe(item));
  return { total, first: described };
}

function withoutParent({ offset, id }: EntryFinding): EntryFinding {
  return { offset, ...(id !== undefined && { id }) };
}
