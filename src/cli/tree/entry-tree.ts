import type { EntryRecord } from "../../entry/entry.js";
import type { TranscriptFormat } from "../../entry/transcript-format.js";
import { NodeBlocks } from "../../read/verify/verify-node-blocks.js";
import { Pace } from "../../scan/lines/pace.js";
import { entryFacts, entryLabel, isCompaction } from "../output/entry-facts.js";
import { LabelTable } from "./label-table.js";
import { ParentFinder } from "./parent-finder.js";

/** In place of a node. */
export const NONE = 0xffff_ffff;
const MAX_LENGTH = 0xffff_ffff;
/** Nodes between two looks at the clock. */
const STRIDE = 4096;

const LOST = 1;
const LATER = 2;
const COMPACTION = 4;
const ON_BRANCH = 8;
const LINEAR = 16;
const UNLINKED = 32;

/** What keeps an entry from the tree of the others. */
export type Detachment =
  /** Its parent is not in the file. */
  | "parent missing"
  /** Its parent stands behind it, or is the entry itself. */
  | "parent later"
  /** Its `id` or `parentId` cannot take part in a chain. */
  | "unlinked";

/**
 * The entries of a transcript as a tree. A node is an entry's number, 0 for the first of the file;
 * a parent's is lower than its children's. Takes about 60 bytes an entry, outside of the JavaScript
 * heap. First `add` all, then `finish`.
 */
export class EntryTree {
  readonly format: TranscriptFormat;
  readonly labels: LabelTable = new LabelTable();
  readonly #finder = new ParentFinder();
  /** Of a node whose parent is lost: what the finder knows that one by. */
  readonly #parents = words();
  readonly #offsets = new NodeBlocks((length) => new Float64Array(length));
  readonly #lengths = words();
  readonly #labels = words();
  readonly #flags = new NodeBlocks((length) => new Uint8Array(length));
  readonly #sizes = words();
  readonly #firsts = words();
  readonly #nexts = words();
  readonly #mains = words();
  #size = 0;
  #firstRoot = NONE;
  #roots = 0;
  #forks = 0;
  #linear = 0;
  #detached = 0;
  #branchLength = 0;
  #leaf = NONE;
  #last = NONE;

  constructor(format: TranscriptFormat) {
    this.format = format;
  }

  /** How many entries there are. */
  get size(): number {
    return this.#size;
  }

  /** Entries without a parent. */
  get roots(): number {
    return this.#roots;
  }

  /** Entries with more than one child. */
  get forks(): number {
    return this.#forks;
  }

  /** Linear entries. */
  get linear(): number {
    return this.#linear;
  }

  /** Entries whose parent is not before them. */
  get detached(): number {
    return this.#detached;
  }

  /** Entries from the leaf to its root. */
  get branchLength(): number {
    return this.#branchLength;
  }

  /** Node of the leaf, of a linear transcript of its last entry; NONE without any. */
  get leaf(): number {
    return this.#leaf;
  }

  add(record: EntryRecord): number {
    const node = this.#size;
    const facts = entryFacts(record, this.format);
    const parent = this.#finder.add(facts, node);
    const isLost = parent !== undefined && "lost" in parent;
    this.#parents.set(node, parent === undefined ? NONE : isLost ? parent.lost : parent.node);
    this.#offsets.set(node, record.offset);
    this.#lengths.set(node, Math.min(MAX_LENGTH, record.length));
    this.#labels.set(node, this.labels.take(entryLabel(record)));
    this.#flags.set(
      node,
      (isLost ? LOST : 0) |
        (facts.kind === "unlinked" ? UNLINKED : 0) |
        (facts.kind === "linear" ? LINEAR : 0) |
        (isCompaction(record) ? COMPACTION : 0),
    );
    if (facts.kind !== "unlinked") this.#last = node;
    if (facts.kind === "linear") this.#linear += 1;
    if (isLost) this.#detached += 1;
    this.#size += 1;
    return node;
  }

  /**
   * Ties the nodes together. Gives the event loop its turns.
   *
   * @param leafId of the leaf; null for a transcript that has none
   * @param isLinear whether none of its entries is linked
   */
  async finish(leafId: string | null, isLinear: boolean, signal?: AbortSignal): Promise<void> {
    const pace = new Pace();
    const found = leafId === null ? undefined : this.#finder.find(leafId);
    this.#leaf = found ?? (isLinear ? this.#last : NONE);
    for (let node = 0; node < this.#size; node += 1) {
      if (node % STRIDE === 0) await turn(pace, signal);
      for (const column of [this.#firsts, this.#mains, this.#nexts]) column.set(node, NONE);
      this.#sizes.set(node, 1);
      const flags = this.#flags.get(node);
      const isLater = (flags & LOST) !== 0 && this.#finder.cameLater(this.#parents.get(node));
      if (isLater) this.#flags.set(node, flags | LATER);
    }
    for (let node = this.#leaf; node !== NONE; node = this.parentOf(node)) {
      this.#branchLength += 1;
      this.#flags.set(node, this.#flags.get(node) | ON_BRANCH);
      if (this.#branchLength % STRIDE === 0) await turn(pace, signal);
    }
    for (let node = this.#size - 1; node >= 0; node -= 1) {
      if (node % STRIDE === 0) await turn(pace, signal);
      this.#tie(node);
    }
  }

  /** Called last to first: then all that is below a node is tied to it already. */
  #tie(node: number): void {
    const parent = this.parentOf(node);
    if (parent === NONE) {
      this.#nexts.set(node, this.#firstRoot);
      this.#firstRoot = node;
      this.#roots += 1;
      return;
    }
    const next = this.#firsts.get(parent);
    if (next !== NONE && this.#nexts.get(next) === NONE) this.#forks += 1;
    this.#nexts.set(node, next);
    this.#firsts.set(parent, node);
    this.#sizes.set(parent, this.#sizes.get(parent) + this.#sizes.get(node));
    const main = this.#mains.get(parent);
    if (main === NONE || this.#isBefore(node, main)) this.#mains.set(parent, node);
  }

  /** Whether a node, rather than its later sibling, continues the line of their parent. */
  #isBefore(node: number, later: number): boolean {
    if (this.isOnBranch(node) || this.isOnBranch(later)) return this.isOnBranch(node);
    return this.#sizes.get(node) > this.#sizes.get(later);
  }

  parentOf(node: number): number {
    return this.#flags.get(node) & LOST ? NONE : this.#parents.get(node);
  }

  offsetOf(node: number): number {
    return this.#offsets.get(node);
  }

  lengthOf(node: number): number {
    return this.#lengths.get(node);
  }

  labelOf(node: number): string {
    return this.labels.name(this.#labels.get(node));
  }

  labelNumberOf(node: number): number {
    return this.#labels.get(node);
  }

  isCompaction(node: number): boolean {
    return (this.#flags.get(node) & COMPACTION) !== 0;
  }

  isLinear(node: number): boolean {
    return (this.#flags.get(node) & LINEAR) !== 0;
  }

  /** Whether it lies on the way from the leaf to its root. */
  isOnBranch(node: number): boolean {
    return (this.#flags.get(node) & ON_BRANCH) !== 0;
  }

  detachmentOf(node: number): Detachment | undefined {
    const flags = this.#flags.get(node);
    if (flags & LOST) return flags & LATER ? "parent later" : "parent missing";
    return flags & UNLINKED ? "unlinked" : undefined;
  }

  /** Entries from here on, this one included. */
  sizeOf(node: number): number {
    return this.#sizes.get(node);
  }

  /** The child that leads to the leaf, or else to the most entries; NONE without children. */
  mainOf(node: number): number {
    return this.#mains.get(node);
  }

  /** Children in file order. With NONE the roots. */
  *childrenOf(node: number): Generator<number> {
    let child = node === NONE ? this.#firstRoot : this.#firsts.get(node);
    for (; child !== NONE; child = this.#nexts.get(child)) yield child;
  }

  /** How many children it has, counted up to two. */
  isFork(node: number): boolean {
    const first = this.#firsts.get(node);
    return first !== NONE && this.#nexts.get(first) !== NONE;
  }
}

function words(): NodeBlocks {
  return new NodeBlocks((length) => new Uint32Array(length));
}

async function turn(pace: Pace, signal: AbortSignal | undefined): Promise<void> {
  await pace.pause();
  signal?.throwIfAborted();
}
