import { LeafTracker } from "../../migration/migration-leaf-tracker.js";
import { continuesFrom } from "../../read/branch/branch-walk.js";
import { IdTable } from "../../read/verify/verify-id-table.js";
import { NodeBlocks } from "../../read/verify/verify-node-blocks.js";
import type { LineFacts } from "../../scan/lines/line-facts.js";

/** The parent of an entry; undefined for none. */
export type Parent =
  /** The number of an earlier entry. */
  | { readonly node: number }
  /** It is not before the entry; `cameLater` of this number tells whether it is behind. */
  | { readonly lost: number }
  | undefined;

/**
 * Finds the parents of entries that it is shown first to last, as a branch does: an id stands for
 * the last entry before that has it, and a linear entry follows what would be the leaf if the file
 * ended before it. So no walk from parent to parent comes round, whatever the file.
 */
export class ParentFinder {
  readonly #ids = new IdTable();
  /** By the number of an id, that of its last entry + 1; 0 where the id is only named. */
  readonly #nodes = new NodeBlocks((length) => new Uint32Array(length));
  /** Of numbers rather than ids: an id may come to stand for another entry. */
  readonly #leaf = new LeafTracker((key) => !key.startsWith(LOST));

  /** The number of the last entry of that id. */
  find(id: string): number | undefined {
    const number = this.#ids.find(id);
    const node = number === undefined ? 0 : this.#nodes.get(number);
    return node === 0 ? undefined : node - 1;
  }

  /** Whether an entry came that has a lost parent's id. */
  cameLater(lost: number): boolean {
    return this.#nodes.get(lost) !== 0;
  }

  /** Takes the next entry, which has that number. */
  add(facts: LineFacts, node: number): Parent {
    const parent = this.#parentOf(facts);
    const { kind, id, targetId } = facts;
    if (kind !== "unlinked") {
      const target = typeof targetId === "string" ? keyOf(this.#named(targetId)) : targetId;
      const moved = target === undefined ? facts : { ...facts, targetId: target };
      this.#leaf.pass(moved, String(node), keyOf(parent));
    }
    if (id !== undefined) this.#nodes.set(this.#take(id), node + 1);
    return parent;
  }

  #parentOf(facts: LineFacts): Parent {
    const { kind, parentId } = facts;
    if (kind === "linear") return parentAt(this.#leaf.parentFor(facts));
    if (kind === "unlinked") return undefined;
    if (typeof parentId === "string") return this.#named(parentId);
    const nodes = continuesFrom(facts).map((before) => this.find(before) ?? -1);
    const node = Math.max(-1, ...nodes);
    return node === -1 ? undefined : { node };
  }

  #named(id: string): Parent {
    const node = this.find(id);
    return node === undefined ? { lost: this.#take(id) } : { node };
  }

  #take(id: string): number {
    const before = this.#ids.size;
    const number = this.#ids.take(id);
    if (number === before) this.#nodes.set(number, 0);
    return number;
  }
}

const LOST = "lost ";

/** What the leaf tracker knows an entry by. */
function keyOf(parent: Parent): string | null {
  if (parent === undefined) return null;
  return "node" in parent ? String(parent.node) : `${LOST}${parent.lost}`;
}

function parentAt(key: string | null): Parent {
  if (key === null) return undefined;
  return key.startsWith(LOST) ? { lost: Number(key.slice(LOST.length)) } : { node: Number(key) };
}
