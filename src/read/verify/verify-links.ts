import type { TranscriptFormat } from "../../entry/transcript-format.js";
import type { FileToRead } from "../../file/file-system.js";
import { measureBranch } from "../branch/branch-reading.js";
import { entryAt } from "./verify-entry-at.js";
import type { EntryGraph } from "./verify-graph.js";
import type { NodeList } from "./verify-node-list.js";
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
  const { roots, dangling, forks, cycles, ahead } = await graph.facts(signal);
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
  const start = leafId === null ? "previous" : { id: leafId };
  const branch =
    (await branchByIds(graph, scan, leafId)) ??
    (await measureBranch(file, { start, size, format, signal }));
  return {
    roots: await list(roots, withoutParent),
    dangling: await list(dangling, (entry) => entry),
    forks: await list(forks, (entry, children) => ({ ...withoutParent(entry), children })),
    cycles: await list(cycles, (entry, entries) => ({ ...withoutParent(entry), entries })),
    ahead: await list(ahead, withoutParent),
    duplicates,
    branchLength: branch.length,
    branchWhole: branch.whole,
  };
}

/** The branch as far as it shows without reading it; undefined where it does not. */
async function branchByIds(graph: EntryGraph, scan: VerifyScan, leafId: string | null) {
  if (leafId !== null) return graph.branch(scan.keyOf(leafId));
  if (scan.counts.linked > 0) return { length: 0, whole: true };
  // Entries without links follow each other as they stand.
  if (scan.malformed.records > 0) return undefined;
  return { length: scan.counts.linear, whole: true };
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
