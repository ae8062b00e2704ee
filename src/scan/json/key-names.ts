import { isText, unescapedText } from "./raw-text.js";

interface Name {
  readonly name: string;
  readonly member: number;
}

/** The keys to look out for in one object, all of them ASCII, each with the number it stands for. */
export class KeyNames {
  /** By length: that alone tells most keys apart. */
  readonly #byLength: Name[][] = Array.from({ length: 20 }, () => []);

  constructor(names: Readonly<Record<string, number>>) {
    for (const [name, member] of Object.entries(names)) {
      this.#byLength[name.length]?.push({ name, member });
    }
  }

  /** The number of the key whose raw text that is, 0 when it is none of these. */
  find(bytes: Buffer, start: number, end: number, escaped: boolean): number {
    if (escaped) {
      const plain = Buffer.from(unescapedText(bytes.toString("utf8", start, end)));
      return this.find(plain, 0, plain.length, false);
    }
    const names = this.#byLength[end - start];
    if (names === undefined) return 0;
    for (let index = 0; index < names.length; index += 1) {
      const { name, member } = names[index]!;
      if (isText(name, bytes, start, end)) return member;
    }
    return 0;
  }
}
