import type { Grid } from "./grid.js";

/** Text that is to be read, not interpreted. */
export function escapeHtml(text: string): string {
  const entities: Record<string, string> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&#39;",
  };
  return text.replace(/[&<>"']/g, (character) => entities[character] as string);
}

/** A table whose rows may carry a class. */
export function htmlTable({ head, rows }: Grid, rowClass: (index: number) => string = () => "") {
  const cells = (row: readonly string[], tag: string) =>
    row.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join("");
  const body = rows.map((row, index) => {
    const name = rowClass(index);
    return `<tr${name === "" ? "" : ` class="${name}"`}>${cells(row, "td")}</tr>`;
  });
  return `<div class="scroll"><table><thead><tr>${cells(head, "th")}</tr></thead><tbody>${body.join("")}</tbody></table></div>`;
}
