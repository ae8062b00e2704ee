/** The lines of an output; throws when its last line has no newline. */
export function linesOf(output: string): string[] {
  if (output === "") return [];
  if (!output.endsWith("\n")) throw new Error(`no newline at the end of ${output}`);
  return output.slice(0, -1).split("\n");
}

/** Input of one JSON text a line. */
export function jsonLines(values: readonly unknown[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join("");
}
