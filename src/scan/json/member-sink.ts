/** The JSON types that a value shows with its first byte. Plain numbers, for the hot loop. */
export const STRING = 0;
export const NUMBER = 1;
export const OBJECT = 2;
export const ARRAY = 3;
export const NULL = 4;
export const BOOLEAN = 5;
export type ValueType =
  | typeof STRING
  | typeof NUMBER
  | typeof OBJECT
  | typeof ARRAY
  | typeof NULL
  | typeof BOOLEAN;

/** Let the value pass unseen. */
export const SKIP = 0;
/** Hand over the text of this string or number. */
export const CAPTURE = 1;
/** Tell of the members of this object as well. */
export const DESCEND = 2;
export type Interest = typeof SKIP | typeof CAPTURE | typeof DESCEND;

/**
 * Told by the tokenizer about the root value and about the members of each object that the sink
 * descended into; of nothing else, so that the bulk of a line passes without a call. `depth` is 0
 * for the root, 1 for its members. Offsets count from the first byte of the line.
 */
export interface MemberSink {
  /**
   * A key: its raw text without quotes, and the offset of its first quote. Not told of a key that
   * is longer than any watched one could be, escapes included.
   */
  key(depth: number, bytes: Buffer, start: number, end: number, escaped: boolean, at: number): void;
  /** A value begins. */
  value(depth: number, type: ValueType, at: number): Interest;
  /** The raw text of a captured string (without quotes) or number. */
  text(depth: number, bytes: Buffer, start: number, end: number, escaped: boolean): void;
  /** The value has ended just before `at`. */
  end(depth: number, at: number): void;
}
