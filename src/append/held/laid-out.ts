import type { TranscriptFormat } from "../../entry/transcript-format.js";
import type { LeafState } from "../../scan/end/find-leaf.js";
import type { Anchor } from "../../scan/end/tail.js";
import type { FoundHeader } from "../../scan/find-header.js";

/** Lines for the end of a transcript, and what its end is with them. */
export interface LaidOut {
  readonly bytes: Buffer;
  readonly format: TranscriptFormat;
  /** How the transcript stands when the bytes are written. */
  readonly leaf: LeafState;
  readonly anchor: Anchor | undefined;
  /** The header that goes first, if one does. */
  readonly header: FoundHeader | undefined;
}
