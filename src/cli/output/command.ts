/** What text can look like on a terminal. */
export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "blue" | "magenta" | "cyan";

/** Where a command reads and writes; tests hand in their own. */
export interface Console {
  readonly stdin: AsyncIterable<Uint8Array>;
  /** Data, a line at a time. */
  out(line: string): void;
  /** Everything else. */
  note(line: string): void;
  /** Whether a person watches what goes to `note`, on a terminal. @default false */
  readonly watched?: boolean;
  /** Styles text where `out` is a terminal that shows it. @default the text as it is */
  paint?(style: Style, text: string): string;
  /** Characters that a line of `out` has room for, on a terminal. */
  readonly columns?: number | undefined;
  /**
   * From the first call on the wish of the user that the command end aborts the signal; before, it
   * ends the process. @default nobody ends a command
   */
  interruption?(): AbortSignal;
  /** Aborted when nobody reads any more what goes to `out`. @default somebody always does */
  readonly unread?: AbortSignal;
  /**
   * From here on `unread` is aborted without anything being written too, where the system tells of
   * it. Await it before what a reader may be content with.
   */
  watchReader?(): Promise<void>;
  /** Resolves when there is room for more on `out`: for commands that print without end. */
  drained?(): Promise<void>;
}

/** One verb of the command line. */
export interface Command {
  /** What follows `leaflog`. */
  readonly usage: string;
  readonly summary: string;
  /** Resolves to the exit code. */
  run(args: string[], console: Console): Promise<number>;
}
