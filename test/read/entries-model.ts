import type { Entry, EntryRecord } from "../../src/entry/entry.js";

/** The entries of a file, split and parsed at once with no thought of cost. */
export function modelEntries(content: Buffer): EntryRecord[] {
  return [...modelLines(content)];
}

/** The same, one after another. */
export function* modelLines(content: Buffer): Generator<EntryRecord> {
  for (let offset = 0; offset < content.length; ) {
    const newline = content.indexOf(0x0a, offset);
    const end = newline === -1 ? content.length : newline;
    const entry = modelEntry(content.subarray(offset, end), offset);
    if (entry) yield { entry, offset, length: end - offset };
    offset = end + 1;
  }
}

function modelEntry(line: Buffer, offset: number): Entry | undefined {
  const text = line.toString("utf8");
  try {
    const value: unknown = JSON.parse(offset === 0 ? text.replace(/^\ufeff/, "") : text);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject && (value as Entry).type !== "session" ? (value as Entry) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
