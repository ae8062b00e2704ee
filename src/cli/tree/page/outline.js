import {
  byId,
  classOf,
  entryOf,
  forkOf,
  labelOf,
  mainOf,
  NONE,
  parentOf,
  rowOf,
  size,
  tree,
} from "./data.js";
import { element, marksOf, putText } from "./entry-view.js";

const ROW_HEIGHT = 26;
/** Rows that are drawn above and below what is in sight. */
const MARGIN = 8;
const MAX_INDENT = 14;
/** A smaller tree is shown unfolded. */
const UNFOLDED_ROWS = 60;

/** The tree of all entries, of which the rows in sight are drawn alone. */
export class Outline {
  /** @param {(node: number) => void} select called when the user goes to an entry */
  constructor(select) {
    this.select = select;
    this.list = byId("outline");
    this.space = byId("outline-space");
    /** First row behind a row and all that is below it. */
    this.ends = new Int32Array(size);
    /** Forks in the rows before a row. */
    this.forksBefore = new Int32Array(size + 1);
    this.folded = new Uint8Array(size);
    /** Rows that are not hidden. @type {number[]} */
    this.shown = [];
    /** Place in `shown` by row; -1 for hidden ones. */
    this.places = new Int32Array(size).fill(-1);
    this.current = size === 0 ? NONE : (tree.rows[0] ?? NONE);
    this.query = "";
    /** The nodes to show; all of them unless something is searched for. @type {Uint8Array | undefined} */
    this.matches = undefined;
    this.findEnds();
    if (size > UNFOLDED_ROWS) this.foldAll();
    this.list.addEventListener("scroll", () => this.draw());
    this.list.addEventListener("click", (event) => this.click(event));
    this.list.addEventListener("keydown", (event) => this.key(event));
    new ResizeObserver(() => this.draw()).observe(this.list);
    this.update();
  }

  findEnds() {
    /** @type {number[]} */
    const open = [];
    for (let row = 0; row < size; row += 1) {
      while (open.length > 0 && this.depth(open.at(-1) ?? 0) >= this.depth(row)) {
        this.ends[open.pop() ?? 0] = row;
      }
      open.push(row);
    }
    for (const row of open) this.ends[row] = size;
    for (let row = 0; row < size; row += 1) {
      const isFork = forkOf(tree.rows[row] ?? 0) !== undefined;
      this.forksBefore[row + 1] = (this.forksBefore[row] ?? 0) + (isFork ? 1 : 0);
    }
  }

  /** @param {number} row */
  depth(row) {
    return tree.depths[row] ?? 0;
  }

  /** @param {number} row */
  hasRows(row) {
    return (this.ends[row] ?? 0) > row + 1;
  }

  foldAll() {
    for (let row = 0; row < size; row += 1) this.folded[row] = this.hasRows(row) ? 1 : 0;
  }

  unfoldAll() {
    this.folded.fill(0);
  }

  /** Shows the rows that are not folded away, or that match. */
  update() {
    this.shown = [];
    this.places.fill(-1);
    for (let row = 0; row < size; ) {
      const isShown = this.matches === undefined || this.matches[tree.rows[row] ?? 0] === 1;
      if (isShown) {
        this.places[row] = this.shown.length;
        this.shown.push(row);
      }
      const skips = this.matches === undefined && this.folded[row] === 1;
      row = skips ? (this.ends[row] ?? size) : row + 1;
    }
    this.space.style.height = `${this.shown.length * ROW_HEIGHT}px`;
    this.draw();
  }

  /**
   * Shows what matches alone; all again without matches.
   *
   * @param {Uint8Array | undefined} matches by node
   * @param {string} query
   */
  filter(matches, query) {
    this.matches = matches;
    this.query = query;
    this.update();
    if (matches === undefined) this.reveal(this.current);
  }

  /** Goes to a node, unfolding what hides it. */
  reveal(/** @type {number} */ node) {
    if (node === NONE) return;
    this.current = node;
    const row = rowOf[node] ?? 0;
    if ((this.places[row] ?? -1) < 0 && this.matches === undefined) {
      for (let above = row - 1, depth = this.depth(row); above >= 0 && depth > 0; above -= 1) {
        if (this.depth(above) >= depth) continue;
        depth = this.depth(above);
        this.folded[above] = 0;
      }
      this.update();
    }
    const top = (this.places[row] ?? 0) * ROW_HEIGHT;
    const { scrollTop, clientHeight } = this.list;
    if (top < scrollTop || top + ROW_HEIGHT > scrollTop + clientHeight) {
      this.list.scrollTop = top - clientHeight / 3;
    }
    this.draw();
  }

  draw() {
    const first = Math.max(0, Math.floor(this.list.scrollTop / ROW_HEIGHT) - MARGIN);
    const last = Math.ceil((this.list.scrollTop + this.list.clientHeight) / ROW_HEIGHT) + MARGIN;
    const rows = this.shown.slice(first, last).map((row, index) => this.row(row, first + index));
    this.space.replaceChildren(...rows);
    const isDrawn = document.getElementById(`row-${this.current}`) !== null;
    if (isDrawn) this.list.setAttribute("aria-activedescendant", `row-${this.current}`);
    else this.list.removeAttribute("aria-activedescendant");
  }

  /**
   * @param {number} row
   * @param {number} place
   */
  row(row, place) {
    const node = tree.rows[row] ?? 0;
    const isFiltered = this.matches !== undefined;
    const depth = isFiltered ? 0 : this.depth(row);
    const opens = !isFiltered && this.hasRows(row);
    const isFolded = this.folded[row] === 1;
    const view = element("div", `row ${classOf(node)}`);
    view.id = `row-${node}`;
    view.dataset.row = String(row);
    view.style.top = `${place * ROW_HEIGHT}px`;
    view.style.paddingLeft = `${Math.min(depth, MAX_INDENT) * 16 + 4}px`;
    view.setAttribute("role", "treeitem");
    view.setAttribute("aria-level", String(depth + 1));
    view.setAttribute("aria-selected", String(node === this.current));
    if (opens) view.setAttribute("aria-expanded", String(!isFolded));
    view.append(element("span", "twisty", opens ? (isFolded ? "▸" : "▾") : ""));
    const parent = parentOf(node);
    if (parent !== NONE && mainOf(parent) !== node) view.append(element("span", "branch", "↳"));
    view.append(element("span", "label", labelOf(node)));
    const gist = element("span", "gist");
    putText(gist, entryOf(node).gist, this.query);
    view.append(gist);
    if (opens && isFolded) {
      const end = this.ends[row] ?? 0;
      view.append(element("span", "count", `+${end - row - 1}`));
      const forks = (this.forksBefore[end] ?? 0) - (this.forksBefore[row + 1] ?? 0);
      const text = `${forks} ${forks === 1 ? "fork" : "forks"} within`;
      if (forks > 0) view.append(element("span", "mark is-fork", text));
    }
    for (const [mark, kind] of marksOf(node)) view.append(element("span", `mark ${kind}`, mark));
    return view;
  }

  /** @param {number} row */
  toggle(row) {
    this.folded[row] = this.folded[row] === 1 ? 0 : 1;
    this.update();
  }

  /** @param {MouseEvent} event */
  click(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    const row = Number(target.closest(".row")?.getAttribute("data-row") ?? NONE);
    if (row === NONE) return;
    if (target.className === "twisty" && this.hasRows(row)) this.toggle(row);
    else this.go(row);
  }

  /** @param {number} row */
  go(row) {
    this.reveal(tree.rows[row] ?? NONE);
    this.select(this.current);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const row = rowOf[this.current] ?? 0;
    const place = Math.max(0, this.places[row] ?? 0);
    const page = Math.max(1, Math.floor(this.list.clientHeight / ROW_HEIGHT) - 1);
    /** @param {number} to */
    const goTo = (to) => {
      const next = this.shown[Math.min(this.shown.length - 1, Math.max(0, to))];
      if (next !== undefined) this.go(next);
    };
    /** @type {Record<string, () => void>} */
    const actions = {
      ArrowDown: () => goTo(place + 1),
      ArrowUp: () => goTo(place - 1),
      PageDown: () => goTo(place + page),
      PageUp: () => goTo(place - page),
      Home: () => goTo(0),
      End: () => goTo(this.shown.length - 1),
      ArrowRight: () => {
        if (this.folded[row] === 1) this.toggle(row);
        else if (this.hasRows(row)) goTo(place + 1);
      },
      ArrowLeft: () => {
        if (this.hasRows(row) && this.folded[row] === 0) this.toggle(row);
        else this.goUp(row);
      },
      Enter: () => this.select(this.current),
      " ": () => {
        if (this.hasRows(row)) this.toggle(row);
      },
    };
    const action = event.ctrlKey || event.metaKey || event.altKey ? undefined : actions[event.key];
    if (action === undefined) return;
    event.preventDefault();
    action();
  }

  /** @param {number} row */
  goUp(row) {
    for (let above = row - 1; above >= 0; above -= 1) {
      if (this.depth(above) < this.depth(row)) {
        this.go(above);
        return;
      }
    }
  }
}
