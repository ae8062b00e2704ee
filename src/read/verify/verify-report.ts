import type { FormatName } from "../../entry/transcript-format.js";
import type { FileContent } from "../../scan/file-content.js";
import type { DamageReason } from "../../scan/records/line-part.js";

/**
 * What keeps a transcript from being whole; `repairTranscript` mends each of them.
 * - `no-transcript`: it is something else, which `content` names; nothing else that is told of it
 *   has to be right then;
 * - `header`: the first line that is not blank is no header;
 * - `malformed`: there are lines that are no JSON;
 * - `tail`: no newline ends the file;
 * - `invalid-utf8`: there are bytes that are no UTF-8, which programs in other languages than
 *   JavaScript refuse to read;
 * - `linear`: there are linear entries beside other ones, or under a header whose version knows no
 *   such: walks along the tree do not meet them. A transcript that is linear as a whole, of version
 *   1 or of a format without parents, has no problem;
 * - `dangling`: entries name a parent that is not there;
 * - `duplicate-ids`: entries share an id;
 * - `cycles`: entries are their own ancestors;
 * - `links-unchecked`: there are more ids than `maxEntries`, so that the last three are unknown.
 */
export type VerifyProblem =
  | "no-transcript"
  | "header"
  | "malformed"
  | "tail"
  | "invalid-utf8"
  | "linear"
  | "dangling"
  | "duplicate-ids"
  | "cycles"
  | "links-unchecked";

/**
 * What a malformed line looks like.
 * - `cut`: a record that ends before it is whole;
 * - `spliced`: whole records, and before, between or behind them one that is cut, or other bytes;
 * - `spread`: whole records over several lines, as elements of a list, or with control characters
 *   that were not escaped or numbers that JSON does not have;
 * - `fused`: whole records and nothing else: newlines are missing;
 * - `nul`: NUL bytes, with whole records or without;
 * - `no-json`: anything else.
 */
export type MalformedSignature = DamageReason | "spliced" | "fused" | "spread";

/** Where something is. */
export interface Extent {
  /** Bytes from the start of the file. */
  readonly offset: number;
  /** Bytes, without the newline. */
  readonly length: number;
}

/** How many there are, and the first 100 of them. */
export interface Listed<T> {
  readonly total: number;
  readonly first: readonly T[];
}

/** A line that is no JSON. */
export interface MalformedFinding extends Extent {
  /** 1 for the first line of the file. */
  readonly line: number;
  readonly signature: MalformedSignature;
  /** Whole records in it, which a repair can save. */
  readonly records: number;
}

/** Where a line has something that is no proper text. */
export interface EncodingFinding {
  /** 1 for the first line of the file. */
  readonly line: number;
  /** Of the first of it on that line, in bytes from the start of the file. */
  readonly offset: number;
}

/** A line that is none of the transcript's own. */
export interface StrayFinding extends Extent {
  /** 1 for the first line of the file. */
  readonly line: number;
}

/** An entry that a finding names. */
export interface EntryFinding {
  /** Offset of the entry's object, in bytes from the start of the file. */
  readonly offset: number;
  /** Absent where the line is longer than 1 MiB. */
  readonly id?: string;
}

/** What the links between the entries come to. */
export interface LinkFindings {
  /**
   * Entries without a parent. More than one are as many trees. One that goes on from another entry
   * of the file, as the first one behind a compaction of Claude Code does, is none.
   */
  readonly roots: Listed<EntryFinding>;
  /** Entries whose parent is not in the file. */
  readonly dangling: Listed<EntryFinding & { readonly parentId?: string }>;
  /** Entries with more than one child, and how many they have. No problem by themselves. */
  readonly forks: Listed<EntryFinding & { readonly children: number }>;
  /** One entry of each circle, and how many entries that has. */
  readonly cycles: Listed<EntryFinding & { readonly entries: number }>;
  /**
   * Compactions of Claude Code whose logical parent stands behind them, or is the compaction itself,
   * so that going on from it would come round. A branch goes on from what they kept, or ends there.
   * No problem by themselves.
   */
  readonly ahead: Listed<EntryFinding>;
  /** Entries that have the id of an earlier one: with the same bytes, and with other ones. */
  readonly duplicates: {
    readonly same: Listed<EntryFinding>;
    readonly different: Listed<EntryFinding>;
  };
  /** Entries from the leaf to its root, both counted. */
  readonly branchLength: number;
  /** Whether that root is one, rather than an entry whose parent is missing, or a circle. */
  readonly branchWhole: boolean;
}

/** What `verifyTranscript` found. Lists hold the first 100 of their kind; totals count them all. */
export interface VerifyReport {
  /** Absolute path of the transcript. */
  readonly file: string;
  /** Whether there are no problems. */
  readonly ok: boolean;
  readonly problems: readonly VerifyProblem[];
  /** Size of the file in bytes when the reading began; what was appended since is not in here. */
  readonly bytes: number;
  readonly lines: number;
  readonly format: FormatName;
  /** What the file is by its first 65,536 bytes, or by its first lines where they are longer. */
  readonly content: FileContent;
  readonly header:
    | { readonly state: "header"; readonly id: string; readonly version: number | undefined }
    /** The file is empty, or blank. */
    | { readonly state: "empty" }
    /** The format has none. */
    | { readonly state: "none" }
    /** The first line that is not blank is none. */
    | ({ readonly state: "missing" } & Extent);
  readonly counts: {
    readonly entries: number;
    readonly linked: number;
    readonly linear: number;
    /** Entries whose `id` or `parentId` cannot take part in a chain. */
    readonly unlinked: number;
    /** Headers, the first one included. */
    readonly headers: number;
    /** Lines that are JSON, but no object. */
    readonly values: number;
    readonly blank: number;
    readonly malformed: number;
  };
  /** Entries by type. Beyond 1,000 types the further ones are counted under `(other)`. */
  readonly types: Readonly<Record<string, number>>;
  readonly malformed: Listed<MalformedFinding> & {
    readonly signatures: Readonly<Record<MalformedSignature, number>>;
    /** Whole records in malformed lines: they are no entries until a repair saves them. */
    readonly records: number;
  };
  /** What follows the last newline, if anything does. */
  readonly unterminatedTail?: Extent & { readonly kept: "entry" | "malformed" };
  /** Lines with bytes that are no UTF-8. */
  readonly invalidUtf8: Listed<EncodingFinding>;
  /**
   * Lines with a surrogate that lacks its other half, which many programs cannot write on, most of
   * all to a model. No problem: it is JSON.
   */
  readonly loneSurrogates: Listed<EncodingFinding>;
  /** Headers behind the first: where another transcript was appended to this one. No problem. */
  readonly furtherHeaders: Listed<StrayFinding>;
  /** Lines of another format than the transcript's. No problem, unless they are linear there. */
  readonly foreignLines: Listed<StrayFinding & { readonly format: FormatName }>;
  /** Batches that are not whole, by the first of their entries that is there. No problem. */
  readonly interruptedBatches: Listed<Extent & { readonly present: number; readonly size: number }>;
  readonly longestLine: Extent & { readonly line: number };
  readonly leaf: {
    readonly id: string | null;
    readonly shape: "empty" | "linear" | "linked";
  };
  /** Absent when there are more ids than `maxEntries`. */
  readonly links?: LinkFindings;
}
