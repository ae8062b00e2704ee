/** Readable on light and on dark ground alike. */
const HUES = [
  "#ff725c",
  "#3ca951",
  "#d49a0b",
  "#a463f2",
  "#2ba8a0",
  "#e0609a",
  "#9c6b4e",
  "#7aa2e8",
  "#88a33a",
] as const;
const OWN = "#3f6fe0";
/** Where several of our own are in one plot. */
const OWN_TOO: Readonly<Record<string, string>> = {
  "leaflog verify": "#2ba8a0",
  "leaflog entries()": "#7aa2e8",
  "leaflog entries() reverse": "#1f9bd1",
};
const IDLE = "#8d929b";

/** The same colour for an arm all over the page: this library's own is the strongest. */
export class Palette {
  readonly #colours = new Map<string, string>([["idle", IDLE]]);

  of(arm: string): string {
    if (/^leaflog\b/.test(arm)) return OWN_TOO[arm] ?? OWN;
    const known = this.#colours.get(arm);
    if (known !== undefined) return known;
    const colour = HUES[(this.#colours.size - 1) % HUES.length] as string;
    this.#colours.set(arm, colour);
    return colour;
  }

  scale(arms: readonly string[]): { domain: readonly string[]; range: readonly string[] } {
    return { domain: arms, range: arms.map((arm) => this.of(arm)) };
  }
}
