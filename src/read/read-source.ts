import type { TranscriptFormat } from "../entry/transcript-format.js";
import type { FileSystem } from "../file/file-system.js";

/** What every reader is told of the transcript it reads. */
export interface ReadSource {
  readonly fileSystem: FileSystem;
  /** Absolute path. */
  readonly file: string;
  /** Longer lines, in bytes, come without their body. */
  readonly maxEntryBytes: number;
  /** See `TranscriptOptions`. @default 64 */
  readonly maxOpenFiles?: number | undefined;
  /** What the caller says that the transcript is. Default: what its first lines say. */
  readonly format?: TranscriptFormat | undefined;
  /** See `TranscriptOptions`. @default "required" */
  readonly header?: "required" | "optional" | undefined;
}
