/** Part of the colour circle, in degrees, and how its colours look, in per cent. */
interface Hues {
  readonly from: number;
  readonly degrees: number;
  /** Degrees from one colour to the next: those in a row lie far apart, however many there are. */
  readonly step: number;
  readonly saturation: number;
  readonly lightness: readonly number[];
}

const IDLE = "#8d929b";
/** Blue is this library's alone. */
const OWN: Hues = { from: 190, degrees: 80, step: 49.4, saturation: 72, lightness: [56, 73, 40] };
const OTHERS: Hues = {
  from: 270,
  degrees: 280,
  step: 107,
  saturation: 58,
  lightness: [56, 44, 62],
};

/** The same colour for an arm all over the page. Readable on light and on dark ground alike. */
export class Palette {
  readonly #own = new Map<string, string>();
  readonly #others = new Map<string, string>();

  of(arm: string): string {
    if (arm === "idle") return IDLE;
    const isOwn = /^leaflog\b/.test(arm);
    const colours = isOwn ? this.#own : this.#others;
    const colour = colours.get(arm) ?? colourOf(isOwn ? OWN : OTHERS, colours.size);
    colours.set(arm, colour);
    return colour;
  }

  scale(arms: readonly string[]): { domain: readonly string[]; range: readonly string[] } {
    return { domain: arms, range: arms.map((arm) => this.of(arm)) };
  }
}

function colourOf({ from, degrees, step, saturation, lightness }: Hues, index: number): string {
  const hue = Math.round(from + ((degrees / 2 + index * step) % degrees)) % 360;
  return `hsl(${hue}, ${saturation}%, ${lightness[index % lightness.length]}%)`;
}
