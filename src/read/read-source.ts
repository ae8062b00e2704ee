import type { FileSystem } from "../file/file-system.js";

/** What every reader is told of the transcript it reads. */
export interface ReadSource {
  readonly fileSystem: FileSystem;
  /** Absolute path, symlinks resolved. */
  readonly file: string;
  /** Longer lines, in bytes, come without their body. */
  readonly maxEntryBytes: number;
}
