import { Conversation } from "./conversation.js";
import { byId, entryOf, NONE, rowOf, size, tree } from "./data.js";
import { Outline } from "./outline.js";
import { Search } from "./search.js";

/** Milliseconds without a key until a search begins. */
const PAUSE_MS = 120;

const input = /** @type {HTMLInputElement} */ (byId("search"));
const found = byId("found");
const help = /** @type {HTMLDialogElement} */ (byId("help"));
/** @type {Uint8Array | undefined} */
let matches;
let timer = 0;

const conversation = new Conversation((node) => goTo(node));
const outline = new Outline((node) => conversation.show(node));
const search = new Search((marked, count, done) => {
  matches = marked;
  found.textContent = `${count} ${count === 1 ? "entry" : "entries"}${done ? "" : " …"}`;
  outline.filter(marked, queryOf());
  if (done) conversation.search(queryOf());
});

/** @param {number} node */
function goTo(node) {
  outline.reveal(node);
  conversation.show(node);
}

function queryOf() {
  return input.value.trim().toLowerCase();
}

function changeQuery() {
  clearTimeout(timer);
  timer = window.setTimeout(() => {
    const query = queryOf();
    if (query !== "") {
      void search.start(query);
      return;
    }
    search.stop();
    matches = undefined;
    found.textContent = "";
    outline.filter(undefined, "");
    conversation.search("");
  }, PAUSE_MS);
}

/**
 * Goes to the next entry, in the order of the outline, that holds what is searched for.
 *
 * @param {1 | -1} step
 */
function goToMatch(step) {
  if (matches === undefined || outline.current === NONE) return;
  const start = rowOf[outline.current] ?? 0;
  for (let passed = 1; passed <= size; passed += 1) {
    const node = tree.rows[(start + step * passed + size * 2) % size] ?? NONE;
    if (matches[node] !== 1) continue;
    goTo(node);
    return;
  }
}

function clear() {
  input.value = "";
  changeQuery();
  outline.list.focus();
}

/** @param {boolean} folds */
function foldAll(folds) {
  if (folds) outline.foldAll();
  else outline.unfoldAll();
  outline.update();
  if (!folds) outline.reveal(outline.current);
}

function changeTheme() {
  const { style } = document.documentElement;
  const isDark =
    style.colorScheme === ""
      ? matchMedia("(prefers-color-scheme: dark)").matches
      : style.colorScheme === "dark";
  style.colorScheme = isDark ? "light" : "dark";
}

/** @type {Record<string, () => void>} */
const keys = {
  "/": () => input.focus(),
  n: () => goToMatch(1),
  N: () => goToMatch(-1),
  g: () => goTo(tree.rows[0] ?? NONE),
  l: () => goTo(tree.leaf),
  "-": () => foldAll(true),
  "+": () => foldAll(false),
  t: changeTheme,
  "?": () => help.showModal(),
};

document.addEventListener("keydown", (event) => {
  if (event.target === input) {
    if (event.key === "Enter") goToMatch(event.shiftKey ? -1 : 1);
    else if (event.key === "Escape") clear();
    else return;
    event.preventDefault();
    return;
  }
  const action = event.ctrlKey || event.metaKey || event.altKey ? undefined : keys[event.key];
  if (action === undefined || help.open) return;
  event.preventDefault();
  action();
});
input.addEventListener("input", changeQuery);
/** @type {[string, () => void][]} */
const buttons = [
  ["next-match", () => goToMatch(1)],
  ["previous-match", () => goToMatch(-1)],
  ["fold-all", () => foldAll(true)],
  ["unfold-all", () => foldAll(false)],
  ["to-start", () => goTo(tree.rows[0] ?? NONE)],
  ["to-leaf", () => goTo(tree.leaf)],
  ["theme", changeTheme],
  ["show-help", () => help.showModal()],
];
for (const [id, action] of buttons) byId(id).addEventListener("click", action);

/** The node that the address names by its entry's id or by its number in the file. */
function addressed() {
  const wanted = decodeURIComponent(location.hash.slice(1));
  if (wanted === "") return NONE;
  for (let node = 0; node < size; node += 1) if (entryOf(node).id === wanted) return node;
  return NONE;
}

function start() {
  const named = addressed();
  const root = tree.rows[0] ?? NONE;
  if (named !== NONE) goTo(named);
  else {
    // The root of the leaf's branch, which need not be the first of the file.
    let first = tree.leaf;
    for (let at = first; at !== NONE; at = tree.parents[at] ?? NONE) first = at;
    goTo(first === NONE ? root : first);
  }
  outline.list.focus();
  document.body.classList.add("is-ready");
  performance.mark("leaflog-usable");
}

window.addEventListener("hashchange", () => {
  const node = addressed();
  if (node !== NONE) goTo(node);
});
start();
