/** Control characters, and the marks that turn the direction of what follows. */
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]+/g;
/** Of these, the ones that JSON leaves as they are. */
const UNESCAPED = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Text for people: what stands in an entry must not write to the terminal what it likes. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, " ");
}

/** JSON text as it stands, made so that a terminal may be shown it; it says the same. */
export function printableText(json: string): string {
  // Control characters stand between the parts of a JSON text alone, where they are white space.
  return escaped(json.replace(/[\u0000-\u001f]/g, " "));
}

/** JSON that a terminal may be shown as well; it says the same. */
export function printableJson(value: unknown): string {
  return escaped(JSON.stringify(value));
}

/** JSON leaves these characters as they are within strings, and has none elsewhere. */
function escaped(json: string): string {
  return json.replace(
    UNESCAPED,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** The beginning of a text on one line, at most so many characters. */
export function excerpt(text: string, characters: number): string {
  // What is far longer is not gone through to its end.
  const line = printable(text.slice(0, characters * 4))
    .replace(/ {2,}/g, " ")
    .trim();
  if (line.length <= characters) return line;
  // Not half of a character that takes two units.
  return `${line.slice(0, characters - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}
