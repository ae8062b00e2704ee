import type { LateReport } from "../rewrite/late-report.js";

/** What a migration did. */
export interface MigrationReport extends LateReport {
  /** Absolute path of the transcript. */
  readonly file: string;
  /** Whether the file was rewritten. When not, nothing in it had to be changed. */
  readonly changed: boolean;
  /** Entries in the file. */
  readonly entries: number;
  /** Linear entries that were linked. */
  readonly migrated: number;
  /** Of these, the ones whose id another entry had or named; they keep it as `originalId`. */
  readonly reidentified: number;
  /** Lines that are no JSON text. They are in the file as they were. */
  readonly malformed: number;
  /** Size of the file before, in bytes. */
  readonly bytesBefore: number;
  /** Size of the file after, in bytes; late lines that came later than at once do not count. */
  readonly bytesAfter: number;
  /** Absolute path of the file as it was before, if a backup was asked for and anything changed. */
  readonly backup?: string;
}
