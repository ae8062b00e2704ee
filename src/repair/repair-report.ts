import type { FormatName } from "../entry/transcript-format.js";
import type { Extent, Listed } from "../read/verify/verify-report.js";
import type { LateReport } from "../rewrite/late-report.js";
import type { DamageReason } from "../scan/records/line-part.js";
import type { RepairMode } from "./repair-options.js";

/** Where a change was made, in the file as it was. */
export interface ChangePlace extends Extent {
  /** 1 for the first line that the repair looked at: of the file, or in mode `tail` of its end. */
  readonly line: number;
}

/** One change of a repair. */
export type RepairChange =
  /** A header was put before everything, made of what is left of the old one, a copy, or new. */
  | { readonly kind: "header"; readonly from: "remains" | "later-header" | "new" }
  /** Each whole record of a malformed line has a line of its own now. */
  | (ChangePlace & { readonly kind: "separated"; readonly records: number })
  /** Bytes are no longer in the transcript, but in the damaged file. */
  | (ChangePlace & { readonly kind: "moved"; readonly reason: MoveReason })
  /** Bytes of a line that are no UTF-8 are U+FFFD now, and in the damaged file. */
  | (ChangePlace & { readonly kind: "replaced" })
  /** The last line got its newline. */
  | (ChangePlace & { readonly kind: "terminated" })
  /** An entry names another parent, for the one that it named is not there, or not before it. */
  | (ChangePlace & {
      readonly kind: "linked";
      readonly parentId: string;
      /** Present where it named itself. */
      readonly itself?: true;
    })
  /** A linear entry got a parent, and an id unless it had one of its own. */
  | (ChangePlace & { readonly kind: "adopted" })
  /** An entry got another id, for an earlier one has it; the old one is its `originalId`. */
  | (ChangePlace & { readonly kind: "reidentified"; readonly id: string });

/**
 * Why bytes were moved; `duplicate`: an earlier entry has the same id and the same bytes;
 * `invalid-utf8`: they were no UTF-8, and U+FFFD stands in their place.
 */
export type MoveReason = DamageReason | "duplicate" | "invalid-utf8";

/** What a repair did, or would do. */
export interface RepairReport extends LateReport {
  /** Absolute path of the transcript. */
  readonly file: string;
  readonly mode: RepairMode;
  readonly dryRun: boolean;
  /** Whether the file was rewritten, or would be. When not, there was nothing to repair. */
  readonly changed: boolean;
  /** How many changes, of which kinds, and the first 100 of them in file order. */
  readonly changes: Listed<RepairChange> & {
    readonly counts: Readonly<Record<RepairChange["kind"], number>>;
  };
  readonly format: FormatName;
  /** Bytes that were moved to the damaged file. */
  readonly movedBytes: number;
  /**
   * False in mode `tail`, when there are too many ids, and where the format has no links: then none
   * was changed.
   */
  readonly linksChecked: boolean;
  /** Size of the file before, in bytes. */
  readonly bytesBefore: number;
  /** Size of the file after, in bytes; late lines that came later than at once do not count. */
  readonly bytesAfter: number;
  /**
   * Absolute path of the file that holds what could not stay: one JSON object a line, `offset` and
   * `length` in the transcript as it was, `reason`, and the bytes as `base64`, or `byte` where all
   * of them are that one. Longer runs take several lines.
   */
  readonly damagedFile?: string;
  /** Absolute path of the file as it was before, unless that was not wanted. */
  readonly backup?: string;
}
