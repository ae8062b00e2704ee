/** Where a value says any of the secrets, in its members to the bottom, hidden ones too. */
export function leaks(value: unknown, secrets: readonly string[]): string[] {
  const found: string[] = [];
  const seen = new Set<unknown>();
  const walk = (part: unknown, where: string): void => {
    if (typeof part === "string") {
      if (secrets.some((secret) => part.includes(secret))) found.push(`${where}: ${part}`);
      return;
    }
    if ((typeof part !== "object" && typeof part !== "function") || part === null) return;
    if (seen.has(part)) return;
    seen.add(part);
    if (Buffer.isBuffer(part)) walk(part.toString("latin1"), `${where} (bytes)`);
    const entries = part instanceof Map || part instanceof Set ? [...part] : [];
    for (const [index, entry] of entries.entries()) walk(entry, `${where}<${index}>`);
    for (const name of Reflect.ownKeys(part)) {
      walk(String(name), `${where} (key)`);
      const descriptor = Object.getOwnPropertyDescriptor(part, name);
      walk(
        descriptor?.get ? Reflect.get(part, name) : descriptor?.value,
        `${where}.${String(name)}`,
      );
    }
  };
  walk(value, "it");
  return found;
}
