import { entriesIn, labelOf, size, tree } from "./data.js";

/** Milliseconds of work between two turns of the page. */
const SLICE_MS = 12;
/** Milliseconds between two words about how many were found. */
const TELL_MS = 150;

/** Looks for a text in all entries, a slice of time after the other. */
export class Search {
  /** @param {(matches: Uint8Array, count: number, done: boolean) => void} tell */
  constructor(tell) {
    this.tell = tell;
    this.round = 0;
  }

  stop() {
    this.round += 1;
  }

  /** @param {string} query in lower case */
  async start(query) {
    this.round += 1;
    const { round } = this;
    const matches = new Uint8Array(size);
    let count = 0;
    let tellAt = 0;
    let sliceEnd = performance.now() + SLICE_MS;
    for (let chunk = 0; chunk < tree.chunks.length; chunk += 1) {
      let node = tree.chunks[chunk] ?? 0;
      for (const entry of entriesIn(chunk)) {
        if (isIn(entry, node, query)) {
          matches[node] = 1;
          count += 1;
        }
        node += 1;
        if (performance.now() < sliceEnd) continue;
        await new Promise((resolve) => setTimeout(resolve, 0));
        if (round !== this.round) return;
        sliceEnd = performance.now() + SLICE_MS;
        if (sliceEnd < tellAt) continue;
        this.tell(matches, count, false);
        tellAt = sliceEnd + TELL_MS;
      }
    }
    this.tell(matches, count, true);
  }
}

/**
 * @param {import("./data.js").Entry} entry
 * @param {number} node
 * @param {string} query
 */
function isIn(entry, node, query) {
  if (entry.id?.toLowerCase().includes(query) || labelOf(node).toLowerCase() === query) return true;
  for (const { text, name } of entry.parts) {
    if (text.toLowerCase().includes(query) || name?.toLowerCase().includes(query)) return true;
  }
  return false;
}
