import { randomUUID } from "node:crypto";

/**
 * A new entry id: a random UUID. Eight hex characters, as other writers make them, repeat with a
 * chance of 69 % within 100,000 entries unless the writer remembers every id of the file.
 */
export function newEntryId(): string {
  return randomUUID();
}
