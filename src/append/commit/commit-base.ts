import { invalid } from "../../base/arguments.js";
import {
  CLAUDE_CODE_AGENT,
  DEFAULT_FORMAT,
  type TranscriptFormat,
} from "../../entry/transcript-format.js";
import type { ResolvedOptions } from "../../options/options.js";
import type { Tail } from "../../scan/end/tail.js";
import type { TornTail } from "../../scan/end/tail-damage.js";
import type { AppendCall } from "../call/append-call.js";
import type { NotMigrated } from "../call/append-result.js";
import type { TranscriptFile } from "../held/transcript-file.js";
import type { Rewrites } from "./rewrites.js";
import { chooseStrategy, type Strategy, withoutMigration } from "./strategy.js";

/** How often an append migrates when another program keeps adding linear entries meanwhile. */
const MAX_MIGRATIONS = 2;

/** A file as it was found with the lock held. */
export interface Found {
  /** Undefined when there is no file. */
  readonly tail: Tail | undefined;
}

/** What calls of the same options are written to. */
export interface CommitBase extends Found {
  readonly strategy: Strategy;
  readonly tornTail: TornTail | undefined;
  /** Why linear entries are left as they are. */
  readonly notMigrated?: NotMigrated;
}

/** Finds out what calls are to be written to, and migrates it where that comes first. */
export class BaseFinder {
  readonly #file: TranscriptFile;
  readonly #rewrites: Rewrites;
  readonly #ensureOurs: () => Promise<void> | undefined;
  /** Id of the header that stood in the file, should the file have to be made anew. */
  #sessionId: string | undefined;
  /** Format of the file that had entries, should it have to be made anew. */
  #format: TranscriptFormat | undefined;
  /** What a caller says that it is. */
  #said: TranscriptFormat | undefined;

  /** @param ensureOurs rejects when the lock is another's by now */
  constructor(
    file: TranscriptFile,
    rewrites: Rewrites,
    ensureOurs: () => Promise<void> | undefined,
  ) {
    this.#file = file;
    this.#rewrites = rewrites;
    this.#ensureOurs = ensureOurs;
  }

  /** Id of the header that the file had. */
  get sessionId(): string | undefined {
    return this.#sessionId;
  }

  /** Whether the file had entries. */
  get hadEntries(): boolean {
    return this.#format !== undefined;
  }

  /**
   * Takes the file for one of that format, whatever its first lines say.
   *
   * @throws LeaflogError `LEAFLOG_INVALID_ARGUMENT` when it is taken for another one already
   */
  useFormat(format: TranscriptFormat): void {
    if (this.#said === format) return;
    if (this.#said !== undefined) {
      throw invalid("format", format.name, `${this.#said.name}, as which this process has it open`);
    }
    this.#said = format;
    this.#file.useFormat(format);
  }

  /**
   * Looks at the file, for a write that is to come. Nothing is written, so that the look counts only
   * when the lock turns out to be ours. Where it is answered at once, the result is there at once
   * too: nothing comes between the look and the write that it is for. What is to be done with what
   * was found depends on the calls, which are taken after it: one may have been given up meanwhile,
   * and the next may ask for something else.
   */
  find(): Found | Promise<Found> {
    const found = this.#file.look();
    if (!(found instanceof Promise)) return this.#note(found);
    return found.then((tail) => this.#note(tail));
  }

  #note(tail: Tail | undefined): Found {
    if (tail?.header.state === "header") this.#sessionId = tail.header.id;
    if (tail && tail.size > 0) this.#format = tail.format;
    return { tail };
  }

  /** Notes what was written, for there is no look at it. */
  wrote(format: TranscriptFormat, sessionId: string | undefined): void {
    this.#format = format;
    if (sessionId !== undefined) this.#sessionId = sessionId;
  }

  /**
   * What is to be done with what was found; there at once where it need not be migrated before.
   *
   * @throws LeaflogError as `append` rejects for a file that nothing can be appended to
   */
  baseOf(found: Found, options: ResolvedOptions): CommitBase | Promise<CommitBase> {
    const base = this.#baseAsIs(found, options);
    return base.strategy === "migrate" ? this.#migrated(base, options) : base;
  }

  #baseAsIs({ tail }: Found, options: ResolvedOptions): CommitBase {
    const strategy = chooseStrategy(this.#file.path, tail, this.#formatOf(tail), options);
    return { tail, strategy, tornTail: tail?.tornTail };
  }

  /** Migrates what was found, where that can be done. */
  async #migrated(found: CommitBase, options: ResolvedOptions): Promise<CommitBase> {
    let base = found;
    for (let migrations = 0; base.strategy === "migrate"; migrations += 1) {
      const notMigrated = await this.#migrate(base.tail as Tail, options, migrations);
      const next = this.#baseAsIs(await this.find(), options);
      base = { ...next, tornTail: found.tornTail ?? next.tornTail };
      if (notMigrated && next.strategy === "migrate") {
        base = { ...base, strategy: withoutMigration(next.tail as Tail), notMigrated };
      }
    }
    return base;
  }

  /** Returns why it was not done, if it was not. */
  async #migrate(
    tail: Tail,
    { header }: ResolvedOptions,
    migrations: number,
  ): Promise<NotMigrated | undefined> {
    if (this.#rewrites.left) return this.#rewrites.left;
    if (migrations === MAX_MIGRATIONS) return this.#rewrites.leave({ reason: "busy" });
    await this.#ensureOurs();
    await this.#file.close();
    return this.#rewrites.migrateUnlessBusy(tail, header);
  }

  /**
   * What the calls are written in: the first entry that is not refused for the leaf that it expects
   * tells what a file is to be that has none.
   */
  formatFor(tail: Tail | undefined, calls: readonly AppendCall[]): TranscriptFormat {
    const format = this.#formatOf(tail);
    const shape = tail?.leaf.shape ?? "empty";
    const writer = calls.find(({ terms }) => (terms.expectedLeaf ?? null) === null);
    const isAgent = shape === "empty" && writer?.entries[0]?.aside;
    return isAgent && format.name === CLAUDE_CODE_AGENT.name ? CLAUDE_CODE_AGENT : format;
  }

  #formatOf(tail: Tail | undefined): TranscriptFormat {
    return tail?.format ?? this.#said ?? this.#format ?? DEFAULT_FORMAT;
  }
}
