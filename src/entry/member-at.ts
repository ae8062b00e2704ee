/** What stands there in an entry, each member within the one before; undefined where none does. */
export function memberAt(entry: object, path: readonly string[]): unknown {
  let value: unknown = path.length > 0 ? entry : undefined;
  for (const name of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}
