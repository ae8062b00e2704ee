import type { PiEntry, PiTreeNode } from "./pi-session.js";

/** A tree as one row for each entry: its id, and those of its children in order of their names. */
export type TreeShape = Record<string, string[]>;

/** The roots stand under this name. */
const ROOTS = "roots";

/** Of pi's tree; without recursion, for a session is a thousand levels deep. */
export function shapeOfTree(roots: readonly PiTreeNode[]): TreeShape {
  const shape: TreeShape = { [ROOTS]: idsOf(roots) };
  const open = [...roots];
  for (let node = open.pop(); node; node = open.pop()) {
    shape[node.entry.id] = idsOf(node.children);
    open.push(...node.children);
  }
  return shape;
}

/** Of entries as they stand in a file. */
export function shapeOfEntries(entries: readonly Pick<PiEntry, "id" | "parentId">[]): TreeShape {
  const shape: TreeShape = { [ROOTS]: [] };
  for (const { id } of entries) shape[id] = [];
  for (const { id, parentId } of entries) shape[parentId ?? ROOTS]?.push(id);
  for (const children of Object.values(shape)) children.sort();
  return shape;
}

/** The ids from the root to an entry. */
export function branchTo(
  leafId: string | null,
  entries: readonly Pick<PiEntry, "id" | "parentId">[],
): string[] {
  const parents = new Map(entries.map(({ id, parentId }) => [id, parentId]));
  const branch: string[] = [];
  for (let id = leafId; id !== null; id = parents.get(id) ?? null) branch.unshift(id);
  return branch;
}

function idsOf(nodes: readonly PiTreeNode[]): string[] {
  return nodes.map(({ entry }) => entry.id).sort();
}
