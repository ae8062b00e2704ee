/** The string that JSON writes as `"${raw}"`; `raw` has passed the tokenizer. */
export function unescapedText(raw: string): string {
  return JSON.parse(`"${raw}"`) as string;
}

/** Whether `bytes` from `start` to `end` are `text`; always false for a text beyond ASCII. */
export function isText(text: string, bytes: Buffer, start: number, end: number): boolean {
  if (text.length !== end - start) return false;
  for (let index = 0; index < text.length; index += 1) {
    const byte = bytes[start + index]!;
    if (byte !== text.charCodeAt(index) || byte >= 0x80) return false;
  }
  return true;
}
