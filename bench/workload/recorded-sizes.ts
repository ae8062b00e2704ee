import type { Random } from "../../test/support/random.js";

const KiB = 1024;
const MiB = 1024 * KiB;

/**
 * Bytes of an entry's line, by the share of entries that are no longer: those of a real coding
 * session of 1,018 entries (a mean of 956 bytes).
 */
const RECORDED: readonly (readonly [share: number, bytes: number])[] = [
  [0, 93],
  [0.05, 94],
  [0.1, 97],
  [0.15, 231],
  [0.2, 253],
  [0.25, 321],
  [0.3, 395],
  [0.35, 542],
  [0.4, 577],
  [0.45, 595],
  [0.5, 622],
  [0.55, 668],
  [0.6, 721],
  [0.65, 787],
  [0.7, 885],
  [0.75, 996],
  [0.8, 1111],
  [0.85, 1402],
  [0.9, 1845],
  [0.95, 2601],
  [0.97, 3060],
  [0.99, 5609],
  [0.995, 8639],
  [1, 49_232],
];

/** What that session happens to lack: results of tools, and images. */
const TOOL_RESULT = { oneIn: 100, bytes: [50 * KiB, 200 * KiB] } as const;
const IMAGE = { oneIn: 2000, bytes: [MiB, 3 * MiB] } as const;

/** How long an entry's line is, drawn as in a real session, in bytes. */
export function recordedSize(random: Random): number {
  if (random.below(IMAGE.oneIn) === 0) return between(random, IMAGE.bytes);
  if (random.below(TOOL_RESULT.oneIn) === 0) return between(random, TOOL_RESULT.bytes);
  const share = random.below(1e6) / 1e6;
  const above = RECORDED.findIndex(([limit]) => limit > share);
  const [from, least] = RECORDED[above - 1] as readonly [number, number];
  const [to, most] = RECORDED[above] as readonly [number, number];
  return Math.round(least + ((share - from) / (to - from)) * (most - least));
}

function between(random: Random, [least, most]: readonly [number, number]): number {
  return least + random.below(most - least);
}
