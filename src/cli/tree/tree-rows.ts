import { type EntryTree, NONE } from "./entry-tree.js";

/** Entries that are folded at least; fewer take no more room as they are. */
const MIN_FOLD = 4;
/** Entries at the end of the leaf's line that are not folded. */
const LAST_SHOWN = 3;
/** Nodes between two pauses. */
const STRIDE = 4096;

/** One row of a drawn tree. */
export type TreeRow =
  | {
      readonly kind: "entry";
      readonly node: number;
      readonly depth: number;
      /** Whether a line begins here that leaves another one. */
      readonly leaves: boolean;
    }
  | {
      readonly kind: "fold";
      readonly depth: number;
      /** Entries that the row stands for. */
      readonly entries: number;
      /** Lines that leave the line of the row, and are folded with it; or whole trees. */
      readonly branches: number;
      /** Numbers of labels, and how many entries of the line have them. */
      readonly labels: ReadonlyMap<number, number>;
    };

/** How much of a tree is folded away. */
export interface Folding {
  /** Whether entries in a row are folded at all. */
  readonly chains: boolean;
  /** Whether what a user said is shown nevertheless. */
  readonly users: boolean;
  /** Lines of up to that many entries that leave another one are folded. */
  readonly branches: number;
}

const FOLDINGS: readonly Folding[] = [
  ...[0, 1, 4, 16].map((branches) => ({ chains: true, users: true, branches })),
  ...[0, 1, 4, 16, 64, 256, 4096, NONE].map((branches) => ({
    chains: true,
    users: false,
    branches,
  })),
];
/** Every entry, and nothing else. */
export const UNFOLDED: Folding = { chains: false, users: true, branches: 0 };

interface OpenFold {
  entries: number;
  branches: number;
  nodes: number[];
  readonly labels: Map<number, number>;
}

/** A line that is being drawn: where it goes on, and which branches of its last node come first. */
interface Line {
  next: number;
  readonly depth: number;
  readonly branches: Iterator<number>;
  leaves: boolean;
}

/**
 * The rows of a tree, from its roots on: each line of entries in a column of its own, followed
 * where it leaves another one by the rest of that one. Undefined now and then, as a chance to pause.
 */
export function* treeRows(tree: EntryTree, folding: Folding): Generator<TreeRow | undefined> {
  const drawing = new TreeDrawing(tree, folding);
  yield* drawing.rows();
}

/** The folding that shows most in so many rows; the last one where none does. */
export async function foldingFor(
  tree: EntryTree,
  rows: number | undefined,
  pause: () => Promise<void>,
): Promise<Folding> {
  if (rows === undefined) return UNFOLDED;
  for (const folding of FOLDINGS) {
    let count = 0;
    for (const row of treeRows(tree, folding)) {
      if (row === undefined) await pause();
      else count += 1;
      if (count > rows) break;
    }
    if (count <= rows) return folding;
  }
  return FOLDINGS.at(-1) as Folding;
}

class TreeDrawing {
  readonly #tree: EntryTree;
  readonly #folding: Folding;
  readonly #user: number;
  #fold: OpenFold | undefined;
  #steps = 0;

  constructor(tree: EntryTree, folding: Folding) {
    this.#tree = tree;
    this.#folding = folding;
    this.#user = tree.labels.names.indexOf("user");
  }

  *rows(): Generator<TreeRow | undefined> {
    for (const root of this.#tree.childrenOf(NONE)) {
      if (this.#isFolded(root)) {
        this.#hideBranch(root);
        if (this.#isTired()) yield undefined;
        continue;
      }
      yield* this.#close(0);
      yield* this.#rowsOf(root);
    }
    yield* this.#close(0);
  }

  /** A tree, without recursion: a hostile one is deeper than any call stack. */
  *#rowsOf(root: number): Generator<TreeRow | undefined> {
    const lines: Line[] = [{ next: root, depth: 0, branches: NO_BRANCHES, leaves: false }];
    for (let line = lines.at(-1); line; line = lines.at(-1)) {
      if (this.#isTired()) yield undefined;
      const branch = line.branches.next();
      if (!branch.done) {
        lines.push({
          next: branch.value,
          depth: line.depth + 1,
          branches: NO_BRANCHES,
          leaves: true,
        });
        continue;
      }
      lines.pop();
      if (line.next === NONE) continue;
      yield* this.#show(line.next, line.depth, line.leaves);
      const next = this.#tree.mainOf(line.next);
      if (next === NONE) yield* this.#close(line.depth);
      lines.push({
        next,
        depth: line.depth,
        branches: this.#shownBranches(line.next, next)[Symbol.iterator](),
        leaves: false,
      });
    }
  }

  /** Shows a node, or takes it into the fold. */
  *#show(node: number, depth: number, leaves: boolean): Generator<TreeRow> {
    if (!leaves && !this.#isKept(node)) {
      this.#hide(node);
      this.#hideBranches(node);
      return;
    }
    yield* this.#close(depth);
    yield { kind: "entry", node, depth, leaves };
    this.#hideBranches(node);
  }

  #isKept(node: number): boolean {
    const tree = this.#tree;
    const next = tree.mainOf(node);
    if (!this.#folding.chains || next === NONE || node === tree.leaf) return true;
    if (tree.parentOf(node) === NONE || tree.isCompaction(node)) return true;
    if (this.#folding.users && tree.labelNumberOf(node) === this.#user) return true;
    if (tree.isOnBranch(node) && tree.sizeOf(node) <= LAST_SHOWN) return true;
    return this.#shownBranches(node, next).length > 0;
  }

  /** The branches of a node that are drawn. */
  #shownBranches(node: number, main: number): number[] {
    if (!this.#tree.isFork(node)) return [];
    const branches: number[] = [];
    for (const child of this.#tree.childrenOf(node)) {
      if (child !== main && !this.#isFolded(child)) branches.push(child);
    }
    return branches;
  }

  #hideBranches(node: number): void {
    if (!this.#tree.isFork(node)) return;
    const main = this.#tree.mainOf(node);
    for (const child of this.#tree.childrenOf(node)) {
      if (child !== main && this.#isFolded(child)) this.#hideBranch(child);
    }
  }

  /** Whether a branch is too small to be drawn. */
  #isFolded(start: number): boolean {
    const tree = this.#tree;
    return tree.sizeOf(start) <= this.#folding.branches && !tree.isOnBranch(start);
  }

  #opened(): OpenFold {
    this.#fold ??= { entries: 0, branches: 0, nodes: [], labels: new Map() };
    return this.#fold;
  }

  #hide(node: number): void {
    const fold = this.#opened();
    const label = this.#tree.labelNumberOf(node);
    fold.labels.set(label, (fold.labels.get(label) ?? 0) + 1);
    fold.entries += 1;
    if (fold.nodes.length < MIN_FOLD) fold.nodes.push(node);
  }

  #hideBranch(start: number): void {
    const fold = this.#opened();
    fold.entries += this.#tree.sizeOf(start);
    fold.branches += 1;
  }

  /** Ends the fold; what would save no room is shown as it is. */
  *#close(depth: number): Generator<TreeRow> {
    const fold = this.#fold;
    this.#fold = undefined;
    if (fold === undefined) return;
    const { entries, branches, labels, nodes } = fold;
    if (branches > 0 || entries >= MIN_FOLD)
      yield { kind: "fold", depth, entries, branches, labels };
    else for (const node of nodes) yield { kind: "entry", node, depth, leaves: false };
  }

  #isTired(): boolean {
    this.#steps += 1;
    return this.#steps % STRIDE === 0;
  }
}

const NO_BRANCHES: Iterator<number> = [][Symbol.iterator]();
