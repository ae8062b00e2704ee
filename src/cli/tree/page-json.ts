/** JSON that may stand in a `script` element of a page: no `<` ends it, or begins a comment. */
export function pageJson(value: unknown): string {
  return JSON.stringify(value).replaceAll("<", "\\u003c");
}

/** Text that may stand in an element or attribute of a page. */
export function pageText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
