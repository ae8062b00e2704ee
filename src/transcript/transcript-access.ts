import type { TranscriptWriter } from "../append/transcript-writer.js";
import type { EncodedEntry } from "../entry/encoded-entry.js";
import type { ResolvedOptions } from "../options.js";
import type { Transcript } from "./transcript.js";

/** What the floors above need of a handle, besides what everybody has. */
export interface TranscriptAccess {
  readonly options: ResolvedOptions;
  readonly writer: TranscriptWriter;
  /** @throws LeaflogError `LEAFLOG_CLOSED`, `LEAFLOG_IN_TRANSACTION` */
  ensureOpen(): void;
  /**
   * A message as it is to be appended once under a key.
   *
   * @throws LeaflogError as `Transcript.append` rejects for bad input
   */
  encodeMessage(message: object, key: string): EncodedEntry;
}

let access: (transcript: Transcript) => TranscriptAccess;

/** To be called by the class, whose private members these are. */
export function grantAccess(grant: (transcript: Transcript) => TranscriptAccess): void {
  access = grant;
}

export function accessOf(transcript: Transcript): TranscriptAccess {
  return access(transcript);
}
