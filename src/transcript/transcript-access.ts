import type { TranscriptWriter } from "../append/queue/transcript-writer.js";
import type { EncodedEntry } from "../entry/encoded-entry.js";
import type { ResolvedOptions } from "../options/options.js";

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

let access: (transcript: never) => TranscriptAccess;

/** To be called by the class, whose private members these are. */
export function grantAccess<T extends object>(grant: (transcript: T) => TranscriptAccess): void {
  access = grant;
}

/** @param transcript a `Transcript`, whose class is no import of this file: it imports this one */
export function accessOf(transcript: object): TranscriptAccess {
  return access(transcript as never);
}
