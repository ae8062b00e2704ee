/** What differs between two appends of one thing. */
const VOLATILE: ReadonlySet<string> = new Set(["id", "parentId", "timestamp", "batch"]);

/**
 * Whether two entries say the same, whatever their id, parent, timestamp and batch, and whatever
 * the order of members.
 */
export function haveSameBody(a: object, b: object): boolean {
  return isSameJson(withoutVolatile(a), withoutVolatile(b));
}

function withoutVolatile(entry: object): object {
  return Object.fromEntries(Object.entries(entry).filter(([name]) => !VOLATILE.has(name)));
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
