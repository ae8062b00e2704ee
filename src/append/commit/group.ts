import type { LeaflogError } from "../../base/errors.js";
import type { NewHeader } from "../../entry/header.js";
import type { TranscriptFormat } from "../../entry/transcript-format.js";
import type { ResolvedOptions } from "../../options/options.js";
import type { LeafState } from "../../scan/end/find-leaf.js";
import type { DamagedLine, TornTail } from "../../scan/end/tail-damage.js";
import type { AppendCall } from "../call/append-call.js";
import type { AppendResult, NotMigrated } from "../call/append-result.js";
import type { LaidOut } from "../held/laid-out.js";
import type { StoredKeys } from "./stored-keys.js";

/** What a group commit is laid out by: the file that it is written to, and what is found in it. */
export interface GroupTerms {
  readonly file: string;
  readonly format: TranscriptFormat;
  /** Bytes of the file: where the group begins. */
  readonly size: number;
  readonly leaf: LeafState;
  /** Whether entries name their parent; false for a raw append. */
  readonly linked: boolean;
  /** Whether the last line has no newline yet. */
  readonly openTail: boolean;
  /** The torn tail to tell the first caller of. */
  readonly tornTail: TornTail | undefined;
  /** Why linear entries were left as they are, for every caller. */
  readonly notMigrated?: NotMigrated | undefined;
  /** The malformed last line to tell the first caller of. */
  readonly damagedLine: DamagedLine | undefined;
  /** The header that goes first, as who writes first wants it; undefined where none is to be made. */
  readonly headerFor: ((options: ResolvedOptions) => NewHeader) | undefined;
  readonly recreated: boolean;
  /** Whether nothing is left in a file that had something in it. */
  readonly truncated: boolean;
  /** Whether an entry of that id stands in the file. */
  hasEntry(id: string): boolean;
  /** Set when any of the calls has idempotency keys. */
  readonly keyed?: StoredKeys | undefined;
}

/** A call that is written, and what it comes to. */
export interface Written {
  readonly call: AppendCall;
  readonly results: AppendResult[];
}

/** A call of which nothing is written. */
export interface Refused {
  readonly call: AppendCall;
  readonly error: LeaflogError;
}

/** The pending appends of one transcript, laid out as the bytes of one write. */
export interface GroupCommit extends LaidOut {
  /** The call whose line comes first; undefined when nothing is written. */
  readonly first: AppendCall | undefined;
  readonly written: readonly Written[];
  readonly refused: readonly Refused[];
}
