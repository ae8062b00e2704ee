import {
  classOf,
  entryOf,
  forkOf,
  has,
  labelOf,
  PARENT_LATER,
  PARENT_MISSING,
  tree,
  UNLINKED,
} from "./data.js";

/** Characters of a part that are shown until more is asked for. */
const SHOWN_CHARACTERS = 6000;
const MAX_MARKS = 300;
const NAMES = { thinking: "thinking", call: "call", output: "output", data: "data" };

/**
 * @param {string} name
 * @param {string} className
 * @param {string} [text]
 * @returns {HTMLElement}
 */
export function element(name, className, text) {
  const made = document.createElement(name);
  if (className !== "") made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

/**
 * Text with what is searched for marked. Nothing in it is ever taken for HTML.
 *
 * @param {HTMLElement} into
 * @param {string} text
 * @param {string} query in lower case
 */
export function putText(into, text, query) {
  into.textContent = "";
  let from = 0;
  const lower = query === "" ? "" : text.toLowerCase();
  // What changes its length with its case cannot be marked where it stands.
  if (lower.length === text.length && query !== "") {
    let at = lower.indexOf(query);
    for (let marks = 0; at !== -1 && marks < MAX_MARKS; marks += 1) {
      into.append(text.slice(from, at), element("mark", "", text.slice(at, at + query.length)));
      from = at + query.length;
      at = lower.indexOf(query, from);
    }
  }
  into.append(text.slice(from));
}

/**
 * The view of an entry in the conversation.
 *
 * @param {number} node
 * @param {string} query
 * @param {(node: number) => void} choose called with the branch that is to be shown
 */
export function entryView(node, query, choose) {
  const entry = entryOf(node);
  const view = element("article", `entry ${classOf(node)}`);
  view.id = `entry-${node}`;
  view.dataset.node = String(node);
  const head = element("header", "");
  head.append(element("span", "label", labelOf(node)));
  if (entry.time !== undefined) head.append(timeView(entry.time));
  for (const [mark, kind] of marksOf(node)) head.append(element("span", `mark ${kind}`, mark));
  const place = element(
    "span",
    "place",
    `${entry.id ?? "no id"} · ${entry.bytes} bytes at ${entry.offset}`,
  );
  head.append(place);
  view.append(head);
  for (const part of entry.parts) view.append(partView(part, query));
  if (entry.cut) {
    view.append(element("p", "cut", `${entry.cut} more characters are in the transcript alone`));
  }
  const children = forkOf(node);
  if (children) view.append(forkView(node, children, choose));
  return view;
}

/** @param {string} time */
function timeView(time) {
  const view = /** @type {HTMLTimeElement} */ (
    element("time", "", time.replace("T", " ").slice(0, 19))
  );
  view.dateTime = time;
  return view;
}

/**
 * @param {number} node
 * @returns {[string, string][]}
 */
export function marksOf(node) {
  /** @type {[string, string][]} */
  const marks = [];
  const children = forkOf(node);
  if (children) marks.push([`fork of ${children.length}`, "is-fork"]);
  if (node === tree.leaf) marks.push(["leaf", "is-leaf"]);
  if (has(node, PARENT_MISSING)) marks.push(["parent missing", "is-damage"]);
  if (has(node, PARENT_LATER)) marks.push(["parent later", "is-damage"]);
  if (has(node, UNLINKED)) marks.push(["unlinked", "is-damage"]);
  return marks;
}

/**
 * @param {import("./data.js").Part} part
 * @param {string} query
 */
function partView({ kind, text, name }, query) {
  if (kind === "text") return longText("div", text, query);
  if (kind === "image") return element("p", "image", text);
  const view = /** @type {HTMLDetailsElement} */ (element("details", `part ${kind}`));
  const title = element("summary", "");
  title.append(element("b", "", name ?? NAMES[kind]));
  const first = element("span", "first");
  putText(first, ` ${text.slice(0, 200).replace(/\s+/g, " ")}`, query);
  title.append(first);
  view.append(title);
  view.open = query !== "" && text.toLowerCase().includes(query);
  const fill = () => {
    if (view.open && view.children.length === 1) view.append(longText("pre", text, query));
  };
  fill();
  view.addEventListener("toggle", fill);
  return view;
}

/**
 * @param {string} name
 * @param {string} text
 * @param {string} query
 */
function longText(name, text, query) {
  const view = element(name, "text");
  const isLong = text.length > SHOWN_CHARACTERS;
  const isFound = query !== "" && text.toLowerCase().indexOf(query, SHOWN_CHARACTERS) !== -1;
  if (!isLong || isFound) {
    putText(view, text, query);
    return view;
  }
  // Not between the halves of a character.
  const shown = text.slice(0, SHOWN_CHARACTERS).replace(/[\ud800-\udbff]$/, "");
  putText(view, shown, query);
  const more = element("button", "more", `show ${text.length - shown.length} more characters`);
  more.addEventListener("click", () => putText(view, text, query));
  view.append(more);
  return view;
}

/**
 * @param {number} node
 * @param {number[]} children
 * @param {(node: number) => void} choose
 */
function forkView(node, children, choose) {
  const view = element("nav", "branches");
  view.append(element("span", "", "goes on with "));
  for (const child of children) {
    const { gist } = entryOf(child);
    const button = element(
      "button",
      classOf(child),
      `${labelOf(child)}: ${gist.slice(0, 60) || "…"}`,
    );
    button.dataset.branch = String(child);
    button.addEventListener("click", () => choose(child));
    view.append(button);
  }
  view.setAttribute("aria-label", `branches of ${entryOf(node).id ?? "this entry"}`);
  return view;
}
