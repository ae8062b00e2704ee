import type { LineFacts } from "../lines/line-facts.js";
import type { JoinedRecord } from "./record-joiner.js";

/**
 * Why bytes are no record:
 * - `cut`: the beginning of a record, which ends before it is whole;
 * - `nul`: there are NUL bytes among them;
 * - `no-json`: anything else.
 */
export type DamageReason = "cut" | "nul" | "no-json";

/** A part of a malformed line; offsets are in bytes from the start of the line. */
export type LinePart =
  /** A whole record, with the white space behind it. Spans count from `offset`. */
  | {
      readonly kind: "record";
      readonly offset: number;
      readonly length: number;
      readonly facts: LineFacts;
      /** Present where it does not stand there as one line has it: spans count in `text` then. */
      readonly joined?: JoinedRecord;
    }
  /** What stands before, between or behind them. */
  | {
      readonly kind: "damage";
      readonly offset: number;
      readonly length: number;
      readonly reason: DamageReason;
    };

/** How a text was come upon that may be a record. */
export type Beginning =
  /** It begins the line, or follows a record. */
  | "boundary"
  /** What came before breaks off there: no JSON goes on so. */
  | "break"
  /** It was looked for behind bytes that mean nothing. */
  | "found"
  /** It stands where a text that never ends could have a value. */
  | "value";

/**
 * Whether a whole object counts as a record, rather than as a part of a record whose rest is lost.
 *
 * @param next the byte behind it; undefined at the end of the line
 */
export function isRecord(
  facts: LineFacts,
  beginning: Beginning,
  next: number | undefined,
): boolean {
  const { kind, type, id } = facts;
  if (kind === "malformed" || kind === "blank" || kind === "value") return false;
  const ends = next === undefined || next === OPEN_BRACE || next < 0x20;
  // Nothing but an entry has id and parentId, and nothing but the header is a session.
  const unmistakable = kind === "linked" || (kind === "header" && id !== undefined);
  if (unmistakable) return ends || beginning !== "value";
  if (beginning === "value") return false;
  if (type === undefined) return ends && beginning === "boundary";
  return ends || (beginning === "boundary" && !STRUCTURE.includes(next));
}

const OPEN_BRACE = 0x7b;
/** What goes on with the JSON around an object. */
const STRUCTURE: Buffer = Buffer.from(',:]}"');
