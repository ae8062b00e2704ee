/** Rows of cells under a head; the first column is text, the others are right-aligned. */
export interface Grid {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** For a terminal. */
export function printGrid({ head, rows }: Grid): string[] {
  const widths = head.map((cell, column) =>
    Math.max(cell.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => {
        const width = widths[column] as number;
        return column === 0 ? cell.padEnd(width) : cell.padStart(width);
      })
      .join("  ")
      .trimEnd();
  return [line(head), ...rows.map(line)];
}

export function markdownGrid({ head, rows }: Grid): string[] {
  const line = (row: readonly string[]) => `| ${row.map(escapePipes).join(" | ")} |`;
  const rule = head.map((_, column) => (column === 0 ? "---" : "---:"));
  return [line(head), `|${rule.join("|")}|`, ...rows.map(line)];
}

function escapePipes(cell: string): string {
  return cell.replaceAll("|", "\\|");
}
