/** Control characters, and the marks that turn the direction of what follows. */
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]+/g;
/** Of these, the ones that JSON leaves as they are. */
const UNESCAPED = /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Text for people: what stands in an entry must not write to the terminal what it likes. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, " ");
}

/** JSON that a terminal may be shown as well; it says the same. */
export function printableJson(value: unknown): string {
  return JSON.stringify(value).replace(
    UNESCAPED,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
