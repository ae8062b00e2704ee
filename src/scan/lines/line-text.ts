const BOM = 0xfeff;

/**
 * The text of a line, without a BOM where one begins the file.
 *
 * @param start where the line lies in `buffer`
 * @param offset the line's in the file
 */
export function lineText(buffer: Buffer, start: number, end: number, offset: number): string {
  // Undefined is UTF-8 too, and spares looking the name of the encoding up, line by line.
  const text = buffer.toString(undefined, start, end);
  return offset === 0 && text.charCodeAt(0) === BOM ? text.slice(1) : text;
}
