import type { Extent } from "../../read/verify/verify-report.js";

/** Entries that have something in common. */
export interface EntryGroup {
  readonly name: string;
  readonly entries: number;
  /** Of their lines, without the newlines. */
  readonly bytes: number;
  /** Of the longest of them. */
  readonly longest: number;
}

/** What a model was used for, as the messages note it. */
export interface ModelUse {
  readonly name: string;
  readonly messages: number;
  /** Tokens. */
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  /** In the currency of the messages; 0 where they note none. */
  readonly cost: number;
}

/** What `leaflog stats` finds. Groups come by their bytes, most first. */
export interface StatsReport {
  /** Absolute path. */
  readonly file: string;
  /** Size of the file. */
  readonly bytes: number;
  readonly entries: number;
  /** Of all entries, without their newlines; the rest are headers, blank and malformed lines. */
  readonly entryBytes: number;
  /** Entries without a `parentId`. */
  readonly linear: number;
  /** Entries that are too long to be read with their body, whatever is in there. */
  readonly oversized: number;
  /** The earliest and the latest timestamp, ISO 8601; absent where no entry has one. */
  readonly span?: { readonly first: string; readonly last: string; readonly seconds: number };
  readonly types: readonly EntryGroup[];
  /** Messages by role. */
  readonly roles: readonly EntryGroup[];
  /** Tool results by the tool. */
  readonly tools: readonly EntryGroup[];
  readonly models: readonly ModelUse[];
  /** The ten longest entries, the longest first. */
  readonly longest: readonly (Extent & { readonly label: string; readonly id?: string })[];
  /** Absent when there are too many entries to tie them together. */
  readonly tree?: {
    readonly roots: number;
    readonly forks: number;
    /** Entries whose parent is missing, or stands behind them. */
    readonly detached: number;
    /** From the leaf to its root. */
    readonly branch: {
      readonly entries: number;
      readonly bytes: number;
      readonly compactions: number;
    };
    /** Of the branch, what stands behind its last compaction. */
    readonly sinceCompaction: { readonly entries: number; readonly bytes: number };
  };
}
