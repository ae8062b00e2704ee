import { DEFAULT_FORMAT, type TranscriptFormat } from "../entry/transcript-format.js";

/** What differs between two appends of one thing. */
const VOLATILE: ReadonlySet<string> = new Set(["timestamp", "batch"]);

/**
 * Whether two entries say the same, whatever their id, parent, timestamp and batch, and whatever
 * the order of members.
 */
export function haveSameBody(
  a: object,
  b: object,
  format: TranscriptFormat = DEFAULT_FORMAT,
): boolean {
  return isSameJson(withoutVolatile(a, format), withoutVolatile(b, format));
}

function withoutVolatile(entry: object, { id, parentId }: TranscriptFormat): object {
  const says = (name: string) => name !== id && name !== parentId && !VOLATILE.has(name);
  return Object.fromEntries(Object.entries(entry).filter(([name]) => says(name)));
}

/** Compares what `JSON.parse` returned; iterative, for the nesting may be deep. */
function isSameJson(left: unknown, right: unknown): boolean {
  const open: [unknown, unknown][] = [[left, right]];
  for (let pair = open.pop(); pair !== undefined; pair = open.pop()) {
    const [a, b] = pair;
    if (a === b) continue;
    if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
    if (Array.isArray(a) !== Array.isArray(b)) return false;
    const names = Object.keys(a);
    if (names.length !== Object.keys(b).length) return false;
    for (const name of names) {
      if (!Object.hasOwn(b, name)) return false;
      open.push([(a as Members)[name], (b as Members)[name]]);
    }
  }
  return true;
}

type Members = Readonly<Record<string, unknown>>;
