import type { LeafState } from "../../../src/scan/end/leaf-state.js";
import type { LineFacts } from "../../../src/scan/lines/line-facts.js";
import { modelRecords } from "./records-model.js";

/** The rules of the leaf, over all lines of a file at once and with no thought of cost. */
export function modelLeaf(content: Buffer): LeafState {
  const lines = content
    .toString("latin1")
    .split("\n")
    .flatMap((text) => {
      const line = Buffer.from(text, "latin1");
      const records = modelRecords(line, 0);
      // A linear record in a malformed line is nothing that a migration would link.
      return records.filter(({ facts, bytes }) => bytes === line || facts.kind !== "linear");
    })
    .map(({ facts }) => facts);
  const linked = lines.flatMap((facts, index) => (facts.kind === "linked" ? [index] : []));
  const last = linked.at(-1);
  const linearAfterLeaf = lines.slice((last ?? -1) + 1).some(({ kind }) => kind === "linear");
  if (last === undefined) {
    return { shape: linearAfterLeaf ? "linear" : "empty", leafId: null, linearAfterLeaf };
  }
  return { shape: "linked", leafId: decide(lines, linked, linked) ?? null, linearAfterLeaf };
}

function decide(lines: LineFacts[], linked: number[], all: number[]): string | null | undefined {
  const index = linked.at(-1);
  if (index === undefined) return undefined;
  const facts = lines[index]!;
  const { batch } = facts;
  if (batch !== undefined && !isWhole(lines, all, linked.length - 1)) {
    for (let back = 1; back <= batch.index + 1; back += 1) {
      const member = lines[linked.at(-back) ?? -1];
      const expected = batch.index - back + 1;
      if (member?.batch?.index !== expected || member.batch.size !== batch.size) {
        return decide(lines, linked.slice(0, linked.length - back + 1), all);
      }
      if (expected === 0) return member.parentId;
    }
  }
  if (facts.type !== "leaf") return facts.id;
  const { targetId } = facts;
  if (targetId === null) return null;
  const exists = lines
    .slice(0, index)
    .some(({ kind, id }) => id !== undefined && id === targetId && kind !== "header");
  if (exists) return targetId;
  return decide(lines, linked.slice(0, -1), all);
}

/** Whether the rest of the batch, too, stands behind the linked line at that place. */
function isWhole(lines: LineFacts[], all: number[], place: number): boolean {
  const batch = lines[all[place] as number]?.batch;
  if (batch === undefined) return true;
  for (let ahead = 1; batch.index + ahead < batch.size; ahead += 1) {
    const next = lines[all[place + ahead] ?? -1]?.batch;
    if (next?.index !== batch.index + ahead || next.size !== batch.size) return false;
  }
  return true;
}
