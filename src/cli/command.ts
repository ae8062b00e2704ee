/** Where a command reads and writes; tests hand in their own. */
export interface Console {
  readonly stdin: AsyncIterable<Uint8Array>;
  /** Data, a line at a time. */
  out(line: string): void;
  /** Everything else. */
  note(line: string): void;
}

/** One verb of the command line. */
export interface Command {
  /** What follows `leaflog`. */
  readonly usage: string;
  readonly summary: string;
  /** Resolves to the exit code. */
  run(args: string[], console: Console): Promise<number>;
}
