import { MAX_LEVELS, notSerializable } from "./json-value.js";

const QUOTE = '"';
const BACKSLASH = 0x5c;

/**
 * An entry as the text of a JSON object, which is written as it stands: with numbers that are more
 * than JavaScript can hold, the order of its members, its escapes. To whoever does not look for the
 * text it is the object that the text says.
 */
export class EntryText {
  readonly [member: string]: unknown;
  readonly type: string;
  readonly text: string;
  /** Whether it carries a message, and gets the type that the format gives such entries. */
  readonly isMessage: boolean;

  /**
   * @param text a JSON object, on one line
   * @throws SyntaxError when it is no JSON
   * @throws LeaflogError `LEAFLOG_NOT_SERIALIZABLE` when it is nested too deep
   */
  constructor(text: string, isMessage = false) {
    this.text = text.trim();
    this.isMessage = isMessage;
    this.type = String(this.toJSON().type);
    for (const { depth } of tokensIn(this.text)) {
      if (depth > MAX_LEVELS)
        throw notSerializable(`it is nested deeper than ${MAX_LEVELS} levels`);
    }
  }

  /** An entry that carries the message whose text this is. */
  static ofMessage(text: string): EntryText {
    return new EntryText(`{"message":${text.trim()}}`, true);
  }

  toJSON(): Record<string, unknown> {
    return JSON.parse(this.text) as Record<string, unknown>;
  }

  /** The same, with all members of a name called otherwise. */
  renamed(name: string, other: string): EntryText {
    let text = "";
    let copied = 0;
    for (const { depth, start, end } of tokensIn(this.text)) {
      const isName = depth === 1 && /^\s*:/.test(this.text.slice(end, end + 100));
      if (!isName || JSON.parse(this.text.slice(start, end)) !== name) continue;
      text += this.text.slice(copied, start) + JSON.stringify(other);
      copied = end;
    }
    return new EntryText(text + this.text.slice(copied), this.isMessage);
  }
}

interface Token {
  /** Levels that are open at it. */
  readonly depth: number;
  /** Extent in the text, quotes included. */
  readonly start: number;
  readonly end: number;
}

/** The brackets and the strings of a JSON text. */
function* tokensIn(text: string): Generator<Token> {
  let depth = 0;
  for (let start = 0; start < text.length; start += 1) {
    const character = text[start];
    if (character === QUOTE) {
      const end = endOfString(text, start);
      yield { depth, start, end };
      start = end - 1;
    } else if (character === "{" || character === "[") {
      depth += 1;
      yield { depth, start, end: start + 1 };
    } else if (character === "}" || character === "]") depth -= 1;
  }
}

/** Index behind the quote that ends the string whose first quote is at `start`. */
function endOfString(text: string, start: number): number {
  for (let at = text.indexOf(QUOTE, start + 1); ; at = text.indexOf(QUOTE, at + 1)) {
    let before = at - 1;
    while (text.charCodeAt(before) === BACKSLASH) before -= 1;
    if ((at - before) % 2 === 1) return at + 1;
  }
}
