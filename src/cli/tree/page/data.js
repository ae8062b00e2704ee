/**
 * What stands in the page, written by `leaflog tree --html`. A node is an entry's number in the
 * file; -1 stands for none.
 *
 * @typedef {object} Tree
 * @property {number} leaf
 * @property {string[]} labels
 * @property {number[]} rows nodes in the order of the outline
 * @property {number[]} depths by row
 * @property {number[]} parents by node
 * @property {number[]} mains by node: the child that continues its line
 * @property {number[]} labelOf by node
 * @property {number[]} flags by node
 * @property {number[]} chunks first node of each block of entries
 */

/**
 * @typedef {object} Part
 * @property {"text" | "thinking" | "call" | "output" | "image" | "data"} kind
 * @property {string} text
 * @property {string} [name]
 */

/**
 * @typedef {object} Entry
 * @property {string} [id]
 * @property {string} [time]
 * @property {number} offset
 * @property {number} bytes
 * @property {string} gist
 * @property {Part[]} parts
 * @property {number} [cut] characters that were left out
 */

export const NONE = -1;
export const COMPACTION = 1;
export const ON_BRANCH = 2;
export const PARENT_MISSING = 4;
export const PARENT_LATER = 8;
export const UNLINKED = 16;
const HELD_CHUNKS = 64;

/**
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}

/** @type {Tree} */
export const tree = JSON.parse(byId("tree-data").textContent ?? "");
export const size = tree.parents.length;
/** Row of the outline by node. */
export const rowOf = new Int32Array(size);
for (let row = 0; row < size; row += 1) rowOf[tree.rows[row] ?? 0] = row;

const blocks = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("script.entries"));
/** @type {Map<number, Entry[]>} */
const held = new Map();

/** Index of the block that holds a node's entry. */
export function chunkOf(/** @type {number} */ node) {
  let low = 0;
  let high = tree.chunks.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((tree.chunks[middle] ?? 0) <= node) low = middle;
    else high = middle - 1;
  }
  return low;
}

/**
 * The entries of a block, read when they are asked for: all at once would take too long.
 *
 * @param {number} chunk
 * @returns {Entry[]}
 */
export function entriesIn(chunk) {
  let entries = held.get(chunk);
  if (entries === undefined) {
    entries = /** @type {Entry[]} */ (JSON.parse(blocks[chunk]?.textContent ?? "[]"));
    const [oldest] = held.keys();
    if (held.size >= HELD_CHUNKS && oldest !== undefined) held.delete(oldest);
    held.set(chunk, entries);
  }
  return entries;
}

/**
 * @param {number} node
 * @returns {Entry}
 */
export function entryOf(node) {
  const chunk = chunkOf(node);
  return /** @type {Entry} */ (entriesIn(chunk)[node - (tree.chunks[chunk] ?? 0)]);
}

/** @param {number} node */
export function labelOf(node) {
  return tree.labels[tree.labelOf[node] ?? 0] ?? "";
}

/**
 * @param {number} node
 * @param {number} flag
 */
export function has(node, flag) {
  return ((tree.flags[node] ?? 0) & flag) !== 0;
}

/** @param {number} node */
export function parentOf(node) {
  return tree.parents[node] ?? NONE;
}

/** @param {number} node */
export function mainOf(node) {
  return tree.mains[node] ?? NONE;
}

/** Children by node, of those that have more than one. */
/** @type {Map<number, number[]>} */
const forks = new Map();
for (let node = 0; node < size; node += 1) {
  const parent = parentOf(node);
  if (parent === NONE || mainOf(parent) === node) continue;
  const children = forks.get(parent);
  if (children) children.push(node);
  else forks.set(parent, [mainOf(parent), node]);
}

/**
 * The children of a node that has more than one; undefined for others.
 *
 * @param {number} node
 */
export function forkOf(node) {
  return forks.get(node);
}

/** The class that gives an entry its colour. */
export function classOf(/** @type {number} */ node) {
  if (has(node, COMPACTION)) return "is-compaction";
  const label = labelOf(node);
  return ["user", "assistant", "toolResult"].includes(label) ? `is-${label}` : "is-other";
}
