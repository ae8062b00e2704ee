import { LeaflogError } from "../base/errors.js";
import type { EncodedEntry } from "../entry/encoded-entry.js";
import type { Entry } from "../entry/entry.js";
import { haveSameBody } from "./same-body.js";
import type { StoredEntry } from "./stored-entry.js";

/** Whether an entry that is stored says what one says that was to be appended. */
export function saysTheSame({ entry }: StoredEntry, wanted: EncodedEntry): boolean {
  // An entry that is too long to be read back is longer than the one that was to be appended.
  if (entry === undefined) return false;
  return haveSameBody(entry, JSON.parse(wanted.line(null)) as Entry, wanted.format);
}

/** The error of a key that was used before, for something else. */
export function otherBody(file: string, key: string, stored: StoredEntry): LeaflogError {
  const advice = `take a new key, or be content with the entry ${stored.id} (\`onIdempotencyConflict: "stored"\`)`;
  return keyConflict(file, key, stored, `with another body; nothing was written: ${advice}`);
}

/** The error of a batch of which another part was appended before. */
export function otherNumber(file: string, key: string, stored: StoredEntry): LeaflogError {
  const how = "with another number of entries; nothing was written: take a new key";
  return keyConflict(file, key, stored, how);
}

function keyConflict(
  file: string,
  idempotencyKey: string,
  { id: storedId }: StoredEntry,
  how: string,
): LeaflogError {
  return new LeaflogError(
    "LEAFLOG_IDEMPOTENCY_CONFLICT",
    `the key ${idempotencyKey} was used before, ${how}`,
    { file, idempotencyKey, storedId },
  );
}
