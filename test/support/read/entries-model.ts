import type { Entry, EntryRecord } from "../../../src/entry/entry.js";
import { modelRecords } from "../scan/records-model.js";

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

/** The last entry of an id, in a line of its own or among others in a malformed one. */
export function modelEntryById(content: Buffer, id: string): EntryRecord | undefined {
  let found: EntryRecord | undefined;
  for (let offset = 0; offset < content.length; ) {
    const newline = content.indexOf(0x0a, offset);
    const end = newline === -1 ? content.length : newline;
    const line = content.subarray(offset, end);
    const records = modelEntry(line, offset)
      ? [{ offset, bytes: line }]
      : modelRecords(line, offset).filter(({ bytes }) => bytes !== line);
    for (const { offset: at, bytes } of records) {
      const entry = modelEntry(bytes, at);
      if (entry?.id === id) found = { entry, offset: at, length: bytes.length };
    }
    offset = end + 1;
  }
  return found;
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
