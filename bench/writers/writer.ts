import type { Message } from "../workload/messages.js";

/** One way of getting messages into a file. */
export interface Writer {
  /**
   * Resolves, or returns, when this way of writing says that it is done with the message. Each
   * turns it into JSON itself: so has every caller to.
   */
  append(message: Message): Promise<unknown> | unknown;
  /** All is in the file then. */
  close(): Promise<void> | void;
}

/** What a file holds in the end, and so how it is checked. */
export type Format =
  /** A header and parent-linked entries. */
  | "transcript"
  /** One message a line. */
  | "lines"
  /** A database with one message a row. */
  | "sqlite";

/** An arm of the questions about writing. */
export interface WriterKind {
  readonly format: Format;
  /** What it is, for the legend. */
  readonly about: string;
  /** Loads what it needs and opens the file. */
  open(file: string): Promise<Writer>;
}
