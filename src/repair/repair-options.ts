import type { TranscriptFormat } from "../entry/transcript-format.js";
import type { RewriteTerms } from "../rewrite/rewrite.js";

/**
 * How far a repair goes.
 * - `salvage`: through the whole file;
 * - `tail`: the end of the file alone: what follows the last line that is whole. Neither links nor
 *   the header are looked at.
 */
export type RepairMode = "salvage" | "tail";

/** How a transcript is repaired. */
export interface RepairOptions extends RewriteTerms {
  readonly mode: RepairMode;
  /** Whether to find out what a repair would change, and no more: nothing is written. */
  readonly dryRun: boolean;
  /** Whether a header is added where there is none. */
  readonly header: "required" | "optional";
  /** Default: what the first lines say. */
  readonly format?: TranscriptFormat | undefined;
  /**
   * For a header that has to be made, as far as nothing of the old one is left; undefined: what the
   * entries tell.
   */
  readonly sessionId: string | undefined;
  readonly cwd: string | undefined;
  /** Told how far both readings of the file are, in bytes; last of all `(total, total)`. */
  readonly onProgress?: ((bytesDone: number, bytesTotal: number) => void) | undefined;
}

/** For tests. */
export interface RepairInternals {
  /** Makes an id. @default newEntryId */
  readonly generateId?: () => string;
  /** Most bytes read at once. @default 262,144 */
  readonly maxChunkBytes?: number;
  /** Ids whose links are repaired. @default 16,777,216 */
  readonly maxEntries?: number;
}
