import { onTranscriptUpdate } from "../append/commit/transcript-updates.js";
import type { EntryInput, EntryRecord } from "../entry/entry.js";
import type { Leaf } from "../read/current-leaf.js";
import {
  type AppendOnceOptions,
  ONCE_MEMBERS,
  type StagedOnce,
  type Transaction,
} from "../transcript/call/transaction.js";
import type { Access, PluginCalls } from "./calls/plugin-calls.js";
import { pluginError, toldError } from "./calls/plugin-error.js";
import { EntryReading, entryChoice, type ReadEntriesOptions } from "./entry-reading.js";
import { notSerializable, readOptions } from "./host/plugin-arguments.js";
import type { TranscriptIdentity } from "./host/transcript-identity.js";
import { publishNotice } from "./transcript-notices.js";

/** Characters of all that one transaction may publish, as JSON. */
const MAX_NOTICES = 1024 * 1024;

/** What the callback of `withWriteLock` may use, until it returns. */
export interface TranscriptTransaction {
  readonly identity: TranscriptIdentity;
  /**
   * Stages an entry: it is written with all others when the callback has returned, none when it
   * throws.
   */
  append(entry: EntryInput): { readonly id: string };
  /**
   * Stages an entry under an idempotency key, unless an entry of that key stands in the transcript
   * or is staged: then tells of that one, with its `entry` if the plugin may read. See `keyed`.
   */
  appendOnce(entry: EntryInput, options: AppendOnceOptions): Promise<StagedOnce>;
  /** The entries of the transcript, without the staged ones. Needs the right to read. */
  read(options?: ReadEntriesOptions): AsyncGenerator<EntryRecord, void, undefined>;
  /** The leaf that the first staged entry will name as parent. Needs the right to read. */
  leaf(): Promise<Leaf>;
  /**
   * Tells every listener of `onUpdate` that may read this transcript, in this process, of something
   * besides its new entries: after it was all written and the lock was given back, behind the
   * updates of the entries; never when the transaction fails.
   *
   * @param detail anything that JSON can hold; 1 MiB of it a transaction
   */
  publishUpdate(detail?: unknown): void;
}

/** A transaction of a plugin on its way. */
export class PluginTransaction {
  readonly #calls: PluginCalls;
  readonly #identity: TranscriptIdentity;
  readonly #file: string;
  readonly #mayRead: boolean;
  readonly #notices: string[] = [];
  #characters = 0;
  #lastId: string | undefined;
  #over = false;

  constructor(calls: PluginCalls, identity: TranscriptIdentity, access: Access) {
    this.#calls = calls;
    this.#identity = identity;
    this.#file = access.transcript.file;
    this.#mayRead = access.rights.has("read");
  }

  /** What the plugin gets to see. */
  facade(tx: Transaction): TranscriptTransaction {
    const identity = this.#identity;
    return Object.freeze({
      identity,
      append: (entry: EntryInput) => this.#append(tx, entry),
      appendOnce: (entry: EntryInput, options: AppendOnceOptions) =>
        this.#appendOnce(tx, entry, options),
      read: (options?: ReadEntriesOptions) => {
        this.#ensureUnderWay();
        return new EntryReading(this.#calls, identity, entryChoice(options));
      },
      leaf: async () => {
        this.#ensureUnderWay();
        return this.#calls.run({ identity, right: "read" }, () => tx.leaf());
      },
      publishUpdate: (detail?: unknown) => this.#publish(detail),
    });
  }

  /** The callback has returned, or is not waited for any more. */
  end(): void {
    this.#over = true;
  }

  /**
   * Publishes what there is when the entries are written and told.
   *
   * @returns to be called when the transaction has ended, well or not
   */
  publishing(): (done: boolean) => void {
    const publish = (): void => {
      for (const json of this.#notices) publishNotice({ file: this.#file, json });
    };
    if (this.#notices.length === 0) return () => undefined;
    if (this.#lastId === undefined) return (done) => (done ? publish() : undefined);
    const stop = onTranscriptUpdate(({ file, id }) => {
      if (file !== this.#file || id !== this.#lastId) return;
      stop();
      publish();
    });
    return (done) => (done ? undefined : stop());
  }

  #append(tx: Transaction, entry: EntryInput): { readonly id: string } {
    this.#ensureUnderWay();
    try {
      const { id } = tx.append(entry);
      this.#lastId = id;
      return { id };
    } catch (error) {
      throw pluginError(error, this.#identity);
    }
  }

  async #appendOnce(tx: Transaction, entry: EntryInput, options: unknown): Promise<StagedOnce> {
    this.#ensureUnderWay();
    const given = readOptions("options", options, ONCE_MEMBERS) as AppendOnceOptions;
    try {
      const { entry: stored, ...result } = await tx.appendOnce(entry, given);
      if (result.appended) this.#lastId = result.id;
      return { ...result, ...(stored && this.#mayRead && { entry: stored }) };
    } catch (error) {
      throw pluginError(error, this.#identity);
    }
  }

  #publish(detail: unknown): void {
    this.#ensureUnderWay();
    const json = jsonOf(detail ?? null, this.#identity);
    this.#characters += json.length;
    if (this.#characters > MAX_NOTICES) {
      const message = `publishUpdate takes ${MAX_NOTICES} characters of JSON a transaction: append large things, and publish their ids`;
      throw toldError("LEAFLOG_ENTRY_TOO_LARGE", message, { identity: this.#identity });
    }
    this.#notices.push(json);
  }

  #ensureUnderWay(): void {
    this.#calls.ensureOpen(this.#identity);
    if (!this.#over) return;
    const message = "the transaction is over: `tx` is good until the callback returns";
    throw toldError("LEAFLOG_CLOSED", message, { identity: this.#identity });
  }
}

function jsonOf(detail: unknown, identity: TranscriptIdentity): string {
  let cause: unknown;
  try {
    const json: unknown = JSON.stringify(detail);
    if (typeof json === "string") return json;
  } catch (error) {
    cause = error;
  }
  throw pluginError(notSerializable("detail", cause), identity);
}
