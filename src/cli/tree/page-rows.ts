import { type EntryTree, NONE } from "./entry-tree.js";
import { treeRows, UNFOLDED } from "./tree-rows.js";

/** A row of the page's outline. */
export interface PageRow {
  readonly node: number;
  readonly depth: number;
}

/**
 * All entries in the order of the outline: what the user says, a compaction, and what begins a line
 * hold what follows on their line; a branch is held by the entry that it leaves. Undefined now and
 * then, as a chance to pause.
 */
export function* pageRows(tree: EntryTree): Generator<PageRow | undefined> {
  const user = tree.labels.names.indexOf("user");
  /** By the column of a line: the depth of its heads, and of its last row. */
  const heads: number[] = [];
  const lasts: number[] = [];
  for (const row of treeRows(tree, UNFOLDED)) {
    if (row === undefined || row.kind === "fold") {
      yield undefined;
      continue;
    }
    const { node, depth: column, leaves } = row;
    const isRoot = column === 0 && tree.parentOf(node) === NONE;
    if (leaves) heads[column] = (lasts[column - 1] ?? 0) + 1;
    else if (isRoot) heads[column] = 0;
    const isHead = leaves || isRoot || tree.isCompaction(node) || tree.labelNumberOf(node) === user;
    const depth = (heads[column] ?? 0) + (isHead ? 0 : 1);
    lasts[column] = depth;
    yield { node, depth };
  }
}
