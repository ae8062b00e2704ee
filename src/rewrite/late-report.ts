/** What a rewrite tells of other programs that had the file open. */
export interface LateReport {
  /**
   * Bytes of late lines that were carried over: what other programs went on writing to the file that
   * was replaced.
   */
  readonly lateBytes: number;
  /**
   * Ids of the processes that still had the replaced file open for writing when it was watched no
   * more, as far as the system tells: what they write to it from then on is lost.
   */
  readonly stillOpen?: readonly number[];
}
