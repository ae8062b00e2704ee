/** Where a command reads and writes; tests hand in their own. */
export interface Console {
  readonly stdin: AsyncIterable<Uint8Array>;
  /** Data, a line at a time. */
  out(line: string): void;
  /** Everything else. */
  note(line: string): void;
  /** Whether a person watches what goes to `note`, on a terminal. @default false */
  readonly watched?: boolean;
}

/** One verb of the command line. */
export interface Command {
  /** What follows `leaflog`. */
  readonly usage: string;
  readonly summary: string;
  /** Resolves to the exit code. */
  run(args: string[], console: Console): Promise<number>;
}
