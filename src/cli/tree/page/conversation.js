import { byId, mainOf, NONE, parentOf } from "./data.js";
import { element, entryView } from "./entry-view.js";

/** Entries that are drawn at once, and that scrolling to an end adds. */
const STEP = 40;

/** The entries from a root to a leaf, of which those around a place are drawn. */
export class Conversation {
  /** @param {(node: number) => void} choose called when the user takes another branch */
  constructor(choose) {
    this.choose = choose;
    this.view = byId("conversation");
    /** Nodes from the root on. @type {number[]} */
    this.path = [];
    /** Index in the path by node. @type {Map<number, number>} */
    this.indexes = new Map();
    this.from = 0;
    this.to = 0;
    this.query = "";
    this.current = NONE;
    this.top = element("div", "sentinel");
    this.bottom = element("div", "sentinel");
    this.watch = new IntersectionObserver((seen) => this.grow(seen), {
      root: this.view,
      rootMargin: "600px",
    });
  }

  /** Shows an entry among those before it, and those that follow it on its line. */
  show(/** @type {number} */ node) {
    if (node === NONE) return;
    this.mark(node);
    if (!this.indexes.has(node)) this.findPath(node);
    const index = this.indexes.get(node) ?? 0;
    if (index < this.from || index >= this.to) this.draw(index);
    this.mark(node);
    document.getElementById(`entry-${node}`)?.scrollIntoView({ block: "start" });
  }

  /** Draws again, with what is searched for marked. */
  search(/** @type {string} */ query) {
    if (this.query === query) return;
    this.query = query;
    if (this.current !== NONE) this.draw(this.indexes.get(this.current) ?? 0);
    this.show(this.current);
  }

  /** @param {number} node */
  mark(node) {
    this.view.querySelector(".entry.current")?.classList.remove("current");
    this.current = node;
    document.getElementById(`entry-${node}`)?.classList.add("current");
  }

  /** @param {number} node */
  findPath(node) {
    /** @type {number[]} */
    const above = [];
    for (let at = node; at !== NONE; at = parentOf(at)) above.push(at);
    this.path = above.reverse();
    for (let at = mainOf(node); at !== NONE; at = mainOf(at)) this.path.push(at);
    this.indexes = new Map(this.path.map((at, index) => [at, index]));
    this.from = 0;
    this.to = 0;
  }

  /** @param {number} index in the path, of the entry to begin with */
  draw(index) {
    this.watch.disconnect();
    this.from = Math.max(0, index - 2);
    this.to = Math.min(this.path.length, index + STEP);
    this.view.replaceChildren(this.top, ...this.views(this.from, this.to), this.bottom);
    this.watch.observe(this.top);
    this.watch.observe(this.bottom);
  }

  /**
   * @param {number} from
   * @param {number} to
   */
  views(from, to) {
    return this.path.slice(from, to).map((node) => {
      const view = entryView(node, this.query, this.choose);
      if (node === this.current) view.classList.add("current");
      for (const button of view.querySelectorAll("[data-branch]")) {
        const isTaken = this.indexes.has(Number(button.getAttribute("data-branch")));
        if (isTaken) button.setAttribute("aria-current", "true");
      }
      return view;
    });
  }

  /** @param {IntersectionObserverEntry[]} seen */
  grow(seen) {
    for (const { isIntersecting, target } of seen) {
      if (!isIntersecting) continue;
      const from = Math.max(0, this.from - STEP);
      const to = Math.min(this.path.length, this.to + STEP);
      if (target === this.top && from < this.from) {
        const first = this.top.nextElementSibling;
        const before = first?.getBoundingClientRect().top ?? 0;
        this.top.after(...this.views(from, this.from));
        // Where the browser does not keep what is in sight in its place by itself.
        this.view.scrollTop += (first?.getBoundingClientRect().top ?? 0) - before;
        this.from = from;
      } else if (target === this.bottom && to > this.to) {
        this.bottom.before(...this.views(this.to, to));
        this.to = to;
      } else continue;
      // So that it is told again when there is still room.
      this.watch.unobserve(target);
      this.watch.observe(target);
    }
  }
}
