import { readFileSync } from "node:fs";
import { LeaflogError } from "../../../src/index.js";

/** An entry that a loop writer appended: the transcript's number, the entry's id. */
export type JournalledEntry = readonly [file: number, id: string];

/** What became of the entries of one loop writer, as its callers were told. */
export interface LoopJournal {
  readonly written: JournalledEntry[];
  /** Rejected, with nothing in the file. */
  readonly rejected: JournalledEntry[];
  /** Rejected with LOCK_LOST and `written`: in the file, beside what another wrote. */
  readonly slipped: JournalledEntry[];
  /** How often each error code came. */
  readonly codes: Record<string, number>;
}

export function readJournal(file: string): LoopJournal {
  return JSON.parse(readFileSync(file, "utf8")) as LoopJournal;
}

export function isLeaflogError(error: unknown): error is LeaflogError {
  return error instanceof LeaflogError;
}
