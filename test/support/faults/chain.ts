import type { Line } from "../lines.js";

/** What a file holds, read by the rules of the format and nothing of leaflog. */
export interface Chain {
  readonly leaf: string | null;
  readonly ids: readonly string[];
  /** Lines that are no JSON, without their newlines. */
  readonly malformed: readonly string[];
}

/**
 * Reads a transcript whose entries were appended one behind the other.
 *
 * @throws when it does not end in a newline, an id comes twice, or a linked entry names another
 * parent than the leaf before it
 */
export function chainOf(content: Buffer): Chain {
  const text = content.toString("utf8");
  if (!text.endsWith("\n")) throw new Error("the file does not end in a newline");
  const malformed: string[] = [];
  const ids = new Set<string>();
  const watch = new LeafWatch();
  for (const line of text.slice(0, -1).split("\n")) {
    const whole = parse(line);
    if (whole === undefined) malformed.push(line);
    for (const entry of whole === undefined ? linkedRecordsIn(line) : [whole]) {
      if (entry.type === "session") continue;
      if (entry.id !== undefined && ids.has(entry.id)) throw new Error(`${entry.id} comes twice`);
      if (entry.id !== undefined) ids.add(entry.id);
      if (entry.parentId === undefined) continue;
      if (entry.parentId !== watch.parentOf(entry)) {
        throw new Error(`${entry.id} names ${entry.parentId}, and not ${watch.parentOf(entry)}`);
      }
      watch.pass(entry);
    }
  }
  return { leaf: watch.leaf, ids: [...ids], malformed };
}

interface Batch {
  readonly index: number;
  readonly size: number;
}

/** The leaf of a file in which anything may have been cut or be missing. */
export function leafOf(content: Buffer | undefined): string | null {
  const watch = new LeafWatch();
  for (const line of content?.toString("utf8").split("\n") ?? []) {
    const whole = parse(line);
    for (const entry of whole === undefined ? linkedRecordsIn(line) : [whole]) {
      if (entry.parentId !== undefined) watch.pass(entry);
    }
  }
  return watch.leaf;
}

/** The leaf along the file: an interrupted batch does not move it. */
class LeafWatch {
  #last: string | null = null;
  #whole: string | null = null;
  #next: Batch | undefined;

  get leaf(): string | null {
    return this.#whole;
  }

  /** The parent that the entry has to name. */
  parentOf({ batch }: Line): string | null {
    const { index, size } = (batch ?? {}) as Partial<Batch>;
    const goesOn = index === this.#next?.index && size === this.#next?.size;
    return goesOn ? this.#last : this.#whole;
  }

  pass(entry: Line): void {
    const batch = entry.batch as Batch | undefined;
    this.#last = entry.id;
    const isOpen = batch !== undefined && batch.index < batch.size - 1;
    this.#next = isOpen ? { index: batch.index + 1, size: batch.size } : undefined;
    if (!isOpen) this.#whole = entry.id;
  }
}

/**
 * The whole linked entries of a line that is no JSON: they count for the chain, though something
 * stands before or behind them.
 */
export function linkedRecordsIn(line: string): Line[] {
  const records: Line[] = [];
  for (let at = line.indexOf("{"); at !== -1; at = line.indexOf("{", at)) {
    const end = objectEnd(line, at);
    const record = end === undefined ? undefined : parse(line.slice(at, end));
    const isLinked = typeof record?.id === "string" && record.parentId !== undefined;
    if (record !== undefined && isLinked) records.push(record);
    at = isLinked && end !== undefined ? end : at + 1;
  }
  return records;
}

/** Where the object ends that begins there; undefined when it never does. */
function objectEnd(text: string, start: number): number | undefined {
  let depth = 0;
  let isText = false;
  for (let at = start; at < text.length; at += 1) {
    const character = text[at];
    if (isText && character === "\\") at += 1;
    else if (character === '"') isText = !isText;
    else if (!isText && character === "{") depth += 1;
    else if (!isText && character === "}") depth -= 1;
    if (depth === 0) return at + 1;
  }
  return undefined;
}

function parse(line: string): Line | undefined {
  try {
    return JSON.parse(line) as Line;
  } catch {
    // Malformed lines are what the caller asks for.
    return undefined;
  }
}
