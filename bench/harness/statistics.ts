/** Where distributions are recorded: probabilities, from the least to the most. */
export const PROBABILITIES = [
  0, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.995, 0.999, 0.9999, 1,
] as const;

/** What the rounds of one figure came to. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Between the two neighbours where `probability` falls between them; NaN for no values. */
export function quantile(sorted: ArrayLike<number>, probability: number): number {
  if (sorted.length === 0) return Number.NaN;
  const place = probability * (sorted.length - 1);
  const below = sorted[Math.floor(place)] as number;
  const above = sorted[Math.ceil(place)] as number;
  return below + (above - below) * (place - Math.floor(place));
}

export function median(values: readonly number[]): number {
  return quantile(ascending(values), 0.5);
}

export function spread(values: readonly number[]): Spread {
  const sorted = ascending(values);
  const at = (probability: number) => significant(quantile(sorted, probability));
  return { median: at(0.5), min: at(0), max: at(1) };
}

/** The values at each of {@link PROBABILITIES}. */
export function distribution(values: ArrayLike<number>): number[] {
  const sorted = Float64Array.from(values).sort();
  return PROBABILITIES.map((probability) => quantile(sorted, probability));
}

/** One distribution of those of several rounds: the median of each of its values. */
export function medianDistribution(rounds: readonly (readonly number[])[]): number[] {
  return PROBABILITIES.map((_, index) =>
    significant(median(rounds.map((round) => round[index] as number))),
  );
}

/** So many significant digits as a measurement deserves. */
export function significant(value: number): number {
  return Number(value.toPrecision(4));
}

function ascending(values: readonly number[]): number[] {
  return [...values].sort((a, b) => a - b);
}
