import type { TranscriptFormat } from "../entry/transcript-format.js";
import type { RewriteTerms } from "../rewrite/rewrite.js";

/** How the holder of a transcript's lock has it migrated. */
export interface MigrateOptions extends RewriteTerms {
  /** Told how far both readings of the file are, in bytes; last of all `(total, total)`. */
  readonly onProgress?: ((bytesDone: number, bytesTotal: number) => void) | undefined;
  /** Whether a non-empty file without a header is refused. None is made for it in either case. */
  readonly header: "required" | "optional";
  /** Default: what the first lines say. */
  readonly format?: TranscriptFormat | undefined;
}

/** For tests. */
export interface MigrationInternals {
  /** Makes an id. @default newEntryId */
  readonly generateId?: () => string;
  /** Most bytes read at once. @default 262,144 */
  readonly maxChunkBytes?: number;
}
