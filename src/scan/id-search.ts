import type { ScannedLine } from "./lines/scanned-line.js";

/** Characters that JSON writes as they are, or as \u escapes. */
const PLAIN = /^[\w-]+$/;
const ESCAPE: Buffer = Buffer.from("\\u");

/** Rules lines out that do not hold an id, much quicker than by classifying them. */
export class IdSearch {
  readonly #bytes: Buffer | undefined;

  constructor(id: string) {
    this.#bytes = PLAIN.test(id) ? Buffer.from(id) : undefined;
  }

  /** False where no string on the line is that id. */
  mayBeIn({ bytes }: ScannedLine): boolean {
    if (bytes === undefined || this.#bytes === undefined) return true;
    return bytes.includes(this.#bytes) || bytes.includes(ESCAPE);
  }
}
