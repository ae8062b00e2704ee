import type { BranchEnd } from "../../../src/read/branch/branch-walk.js";
import type { LineFacts } from "../../../src/scan/lines/line-facts.js";
import { modelLeaf } from "../scan/leaf-model.js";
import { modelRecords } from "../scan/records-model.js";

interface Item {
  readonly facts: LineFacts;
  readonly offset: number;
  readonly firstKept: unknown;
}

/** Where the entries of a branch stand, and how it ends. */
export interface ModelBranch {
  readonly offsets: number[];
  readonly end: BranchEnd;
}

/** The branch of a file that is in memory, by its rules and with no thought of cost. */
export function modelBranch(
  content: Buffer,
  fromId: string | undefined,
  untilCompaction: boolean,
): ModelBranch {
  const items = itemsOf(content);
  const path: Item[] = [];
  let end: BranchEnd | undefined;
  let next = fromId === undefined ? startOf(content, items) : byId(items, items.length, fromId);
  while (end === undefined) {
    if (typeof next === "object") end = next;
    else {
      path.push(items[next]!);
      next = parentOf(items, next);
    }
  }
  if (end.end === "missing-parent" && path.some(({ facts }) => facts.id === end?.id)) {
    if (end.id !== undefined) end = { ...end, end: "cycle" };
  }
  return untilCompaction ? cutAtCompaction(path, end) : { offsets: offsetsOf(path), end };
}

function cutAtCompaction(path: Item[], end: BranchEnd): ModelBranch {
  const at = path.findIndex(({ facts }) => facts.type === "compaction");
  const compaction = path[at];
  if (compaction === undefined) return { offsets: offsetsOf(path), end };
  const { id } = compaction.facts;
  const stop: BranchEnd = { end: "compaction", ...(id !== undefined && { id }) };
  const { firstKept } = compaction;
  if (typeof firstKept !== "string" || firstKept === id) {
    return { offsets: offsetsOf(path.slice(0, at + 1)), end: stop };
  }
  const kept = path.findIndex((item, index) => index > at && item.facts.id === firstKept);
  if (kept === -1) return { offsets: offsetsOf(path), end };
  return { offsets: offsetsOf(path.slice(0, kept + 1)), end: stop };
}

const offsetsOf = (path: Item[]): number[] => path.map(({ offset }) => offset);

function itemsOf(content: Buffer): Item[] {
  const items: Item[] = [];
  for (let offset = 0; offset < content.length; ) {
    const newline = content.indexOf(0x0a, offset);
    const end = newline === -1 ? content.length : newline;
    const start = offset === 0 && content.indexOf("\ufeff") === 0 ? 3 : offset;
    const line = content.subarray(start, end);
    const [first] = modelRecords(line, offset);
    // A line as a whole begins where it begins, a BOM included.
    const shift = first?.bytes === line ? 0 : start - offset;
    for (const { facts, offset: at, bytes } of modelRecords(line, offset)) {
      if (facts.kind !== "linked" && facts.kind !== "linear" && facts.kind !== "unlinked") continue;
      const { firstKeptEntryId: firstKept } = JSON.parse(bytes.toString("utf8"));
      items.push({ facts, offset: at + shift, firstKept });
    }
    offset = end + 1;
  }
  return items;
}

function startOf(content: Buffer, items: Item[]): number | BranchEnd {
  const withoutBom = content.indexOf("\ufeff") === 0 ? content.subarray(3) : content;
  const { shape, leafId } = modelLeaf(withoutBom);
  if (shape === "linear") return previous(items, items.length);
  return leafId === null ? { end: "root" } : byId(items, items.length, leafId);
}

function parentOf(items: Item[], index: number): number | BranchEnd {
  const { kind, parentId } = items[index]!.facts;
  if (kind === "linear") return previous(items, index);
  if (kind === "unlinked" || parentId === undefined) return { end: "missing-parent" };
  return parentId === null ? { end: "root" } : byId(items, index, parentId);
}

function byId(items: Item[], before: number, id: string): number | BranchEnd {
  const found = items.slice(0, before).findLastIndex(({ facts }) => facts.id === id);
  return found === -1 ? { end: "missing-parent", id } : found;
}

/** What would be the leaf before this entry. */
function previous(items: Item[], before: number): number | BranchEnd {
  for (let index = before - 1; index >= 0; index -= 1) {
    const { kind, batch, type, targetId, parentId } = items[index]!.facts;
    if (kind === "linear") return index;
    if (kind !== "linked") continue;
    if (batch !== undefined && batch.index < batch.size - 1) {
      if (batch.index > 0) continue;
      return typeof parentId === "string" ? byId(items, index, parentId) : { end: "root" };
    }
    if (type !== "leaf") return index;
    if (targetId === null) return { end: "root" };
    const target = targetId === undefined ? undefined : byId(items, index, targetId);
    if (typeof target === "number") return target;
  }
  return { end: "root" };
}
