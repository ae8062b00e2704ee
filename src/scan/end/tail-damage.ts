/** A torn tail that an append found and closed off. */
export interface TornTail {
  /** Bytes from the start of the file. */
  readonly offset: number;
  /** Bytes. */
  readonly length: number;
  /** Complete JSON became an entry of the transcript; anything else stays as a malformed line. */
  readonly kept: "entry" | "malformed";
}

/** A line that is no JSON; the whole records in it count, as if each had a line of its own. */
export interface DamagedLine {
  /** Bytes from the start of the file. */
  readonly offset: number;
  /** Bytes, without the newline. */
  readonly length: number;
}
