/** A line as the format's rules see it; found by `JSON.parse` and nothing of leaflog. */
export interface RuledLine {
  readonly kind: "header" | "linked" | "linear" | "other";
  readonly type?: string;
  readonly id?: string;
  readonly parentId?: string | null;
  readonly targetId?: string | null;
  readonly batch?: { readonly index: number; readonly size: number };
  /** The whole object. */
  readonly value: Readonly<Record<string, unknown>>;
}

/** Undefined for a line that is no JSON object. */
export function ruledLine(text: string): RuledLine | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Malformed: it stands in the file, and no rule speaks of it.
    return undefined;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const line = value as Record<string, unknown> & Omit<RuledLine, "kind" | "value">;
  return { ...line, kind: kindOf(line), value: line };
}

function kindOf(line: Record<string, unknown>): RuledLine["kind"] {
  if (line.type === "session") return "header";
  if (!("parentId" in line)) return "linear";
  const isParent = line.parentId === null || typeof line.parentId === "string";
  return isParent && typeof line.id === "string" ? "linked" : "other";
}

/** Follows a transcript from its start and knows the leaf at each place. */
export class LeafRule {
  #leaf: string | null = null;
  /** What the leaf is should the file end inside the batch that was begun. */
  #interrupted: { readonly leaf: string | null } | undefined;
  readonly #ids = new Set<string>();

  get leaf(): string | null {
    return this.#interrupted ? this.#interrupted.leaf : this.#leaf;
  }

  /** The parent of an entry, should it come next. */
  parentOf(batch: RuledLine["batch"]): string | null {
    return batch !== undefined && batch.index > 0 && this.#interrupted ? this.#leaf : this.leaf;
  }

  /** Goes past an entry that moves no leaf, because it is not linked. */
  note(id: string | undefined): void {
    if (id !== undefined) this.#ids.add(id);
  }

  pass(entry: Pick<RuledLine, "type" | "targetId" | "batch">, id: string, parent: string | null) {
    const { type, targetId, batch } = entry;
    const isOpen = batch !== undefined && batch.index < batch.size - 1;
    const isIgnored =
      type === "leaf" && targetId !== null && !(targetId !== undefined && this.#ids.has(targetId));
    if (isOpen && batch.index === 0) this.#interrupted = { leaf: parent };
    else if (!isOpen && !isIgnored) this.#interrupted = undefined;
    if (type !== "leaf") this.#leaf = id;
    else if (!isIgnored) this.#leaf = targetId ?? null;
    this.#ids.add(id);
  }
}
