import { newHeader } from "../entry/header.js";
import {
  CLAUDE_CODE_AGENT,
  DEFAULT_FORMAT,
  type TranscriptFormat,
} from "../entry/transcript-format.js";
import { LeaflogError } from "../errors.js";
import type { FileSystem, OpenFile } from "../file/file-system.js";
import type { Look } from "../file/look.js";
import { invalid, type ResolvedOptions } from "../options.js";
import type { AppendCall } from "./append-call.js";
import type { NotMigrated } from "./append-result.js";
import type { Found, Ground } from "./ground.js";
import { composeGroup, type GroupCommit, type Written } from "./group-commit.js";
import { type FoundKeys, KeyLookup } from "./idempotency/key-lookup.js";
import type { KeyQuery } from "./idempotency/key-query.js";
import { KeyedGround } from "./idempotency/keyed-ground.js";
import { LeafTargets } from "./leaf-targets.js";
import type { Lease } from "./lease.js";
import { SURE_MS } from "./lock/lock-times.js";
import type { OpenAhead } from "./open-ahead.js";
import { Rewrites } from "./rewrites.js";
import type { Tail } from "./tail.js";
import { TranscriptFile } from "./transcript-file.js";
import { type TranscriptUpdate, updatesOf } from "./transcript-updates.js";
import { chooseWay, untouchedWay } from "./way.js";

/** How often an append migrates when another program keeps adding linear entries meanwhile. */
const MAX_MIGRATIONS = 2;

/** Bytes of entries that wait to be published: they are in memory as long. */
const MAX_UPDATE_BYTES = 8_388_608;

/** Writes group commits to one file, while its lease is held. */
export class Committer {
  readonly #path: string;
  readonly #lease: Lease;
  readonly #file: TranscriptFile;
  /** What the file holds of idempotency keys. */
  readonly keys: KeyLookup;
  /** What the file holds of the entries that `leaf` entries name. */
  readonly targets: LeafTargets;
  /** Migrates and repairs. The rewritten file is another one: {@link close} this one before. */
  readonly rewrites: Rewrites;
  #poison: LeaflogError | undefined;
  /** Id of the header that stood in the file, should the file have to be made anew. */
  #sessionId: string | undefined;
  /** Format of the file that had entries, should it have to be made anew. */
  #format: TranscriptFormat | undefined;
  /** What a caller says that it is. */
  #said: TranscriptFormat | undefined;
  /** Directories in which a directory was made, whose names may not be on the medium yet. */
  #unsynced: string[] = [];
  #updates: TranscriptUpdate[] = [];
  #updateBytes = 0;

  constructor(fs: FileSystem, path: string, lease: Lease, look: Look) {
    this.#path = path;
    this.#lease = lease;
    this.#file = new TranscriptFile(fs, path, look);
    this.keys = new KeyLookup(fs, path);
    this.targets = new LeafTargets(fs, path);
    this.rewrites = new Rewrites(fs, path, lease);
  }

  /** The end of the file as last seen: a hint, to be verified. */
  get lastTail(): Tail | undefined {
    return this.#file.tail;
  }

  /** Set when a sync failed: from then on nothing may be written. */
  get poison(): LeaflogError | undefined {
    return this.#poison;
  }

  /** Notes a directory in which another was made. */
  madeNameIn(directory: string): void {
    if (!this.#unsynced.includes(directory)) this.#unsynced.push(directory);
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

  /** The file as it is opened for who is about to have the lock. */
  get ahead(): OpenAhead {
    return this.#file.ahead;
  }

  /** The end of the file as it is; undefined when there is no file. */
  async look(): Promise<Tail | undefined> {
    return this.#file.look();
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
    if (!(found instanceof Promise)) return this.#found(found);
    return found.then((tail) => this.#found(tail));
  }

  #found(tail: Tail | undefined): Found {
    if (tail?.header.state === "header") this.#sessionId = tail.header.id;
    if (tail && tail.size > 0) this.#format = tail.format;
    return { tail };
  }

  #groundOf({ tail }: Found, options: ResolvedOptions): Ground {
    const way = chooseWay(this.#path, tail, this.#formatOf(tail), options);
    return { tail, way, tornTail: tail?.tornTail };
  }

  /** Migrates what was found, where that is to be done and can be. */
  async #migrated(found: Ground, options: ResolvedOptions): Promise<Ground> {
    let ground = found;
    for (let migrations = 0; ground.way === "migrate"; migrations += 1) {
      const notMigrated = await this.#migrate(ground.tail as Tail, options, migrations);
      const next = this.#groundOf(await this.find(), options);
      ground = { ...next, tornTail: found.tornTail ?? next.tornTail };
      if (notMigrated && next.way === "migrate") {
        ground = { ...ground, way: untouchedWay(next.tail as Tail), notMigrated };
      }
    }
    return ground;
  }

  /** Returns why it was not done, if it was not. */
  async #migrate(
    tail: Tail,
    { header }: ResolvedOptions,
    migrations: number,
  ): Promise<NotMigrated | undefined> {
    const { rewrites } = this;
    if (rewrites.left) return rewrites.left;
    if (migrations === MAX_MIGRATIONS) return rewrites.leave({ reason: "busy" });
    await this.#ensureOurs();
    await this.close();
    return rewrites.migrateUnlessBusy(tail, header);
  }

  /**
   * Writes calls that agree in their options, and settles them.
   *
   * @param found the file as it was found with the lock held, before they were taken
   */
  async commit(calls: readonly AppendCall[], found: Found): Promise<void> {
    const options = (calls[0] as AppendCall).terms.options;
    // Not awaited where there is nothing to do: nothing is to come between the look and the write.
    let ground = this.#groundOf(found, options);
    if (ground.way === "migrate") ground = await this.#migrated(ground, options);
    const first = calls[0] as AppendCall;
    const targets = first.namesTarget ? await this.#findTargets(first) : undefined;
    const isKeyed = calls.some(({ keyed }) => keyed !== undefined);
    const keys = isKeyed ? await this.findKeys(queriesOf(calls)) : undefined;
    if (targets || keys) {
      // The search may have taken long.
      const { tornTail } = ground;
      ground = await this.#migrated(this.#groundOf(await this.find(), options), options);
      ground = { ...ground, tornTail: tornTail ?? ground.tornTail };
    }
    const { tail, way } = ground;
    const format = this.#formatFor(tail, calls);
    const hasHeader = format.headerType !== undefined;
    const isNew = hasHeader && (tail === undefined || tail.header.state === "empty");
    const recreated = tail === undefined && this.#format !== undefined;
    const group = composeGroup(calls, {
      file: this.#path,
      format,
      size: tail?.size ?? 0,
      leaf: tail?.leaf ?? { shape: "empty", leafId: null, linearAfterLeaf: false },
      linked: way === "link",
      openTail: tail?.tornTail !== undefined,
      tornTail: ground.tornTail,
      damagedLine: tail?.damagedLine,
      header: isNew ? newHeader(options.cwd, this.#sessionId ?? options.sessionId) : undefined,
      recreated,
      truncated: tail?.size === 0 && this.#format !== undefined,
      hasEntry: (id) => targets?.has(id) ?? false,
      keyed: keys && new KeyedGround(keys, this.#path),
      notMigrated: ground.notMigrated,
    });
    if (group.bytes.length > 0) await this.#write(group, options);
    const unsynced = this.#acknowledge(group);
    if (unsynced.length > 0) await this.#acknowledgeSynced(unsynced);
  }

  /** What the file holds of some keys, as of the last look. */
  async findKeys(queries: readonly KeyQuery[]): Promise<FoundKeys> {
    const find = (file: OpenFile, tail: Tail) => this.keys.find(queries, file, tail);
    return (await this.#file.read(find)) ?? { stored: new Map(), messages: 0 };
  }

  #formatOf(tail: Tail | undefined): TranscriptFormat {
    return tail?.format ?? this.#said ?? this.#format ?? DEFAULT_FORMAT;
  }

  /** What the calls are written in: their first entry tells what a file is to be that has none. */
  #formatFor(tail: Tail | undefined, calls: readonly AppendCall[]): TranscriptFormat {
    const format = this.#formatOf(tail);
    const shape = tail?.leaf.shape ?? "empty";
    const isAgent = shape === "empty" && calls[0]?.entries[0]?.aside;
    return isAgent && format.name === CLAUDE_CODE_AGENT.name ? CLAUDE_CODE_AGENT : format;
  }

  /** Which of the entries that the `leaf` entries of a call name are there, as of the last look. */
  async #findTargets(call: AppendCall): Promise<ReadonlySet<string>> {
    const find = (file: OpenFile, tail: Tail) => this.targets.find(call, file, tail);
    return (await this.#file.read(find)) ?? new Set();
  }

  async #write(group: GroupCommit, options: ResolvedOptions): Promise<void> {
    if (!this.#file.tail) {
      await this.#ensureOurs();
      await this.#file.create(options.mode, group.format);
    }
    // Not awaited where the answer is there: nothing is to come between the look and the write.
    const answer = this.#isSure ? undefined : this.#ensureOurs();
    if (answer) await answer;
    const checkedAt = this.#lease.verifiedAt;
    await this.#file.write(group, async () => this.#lease.isOurs());
    if (performance.now() - checkedAt > SURE_MS) await this.#ensureNoSlip();
    if (group.header?.state === "header") this.#sessionId = group.header.id;
    this.#format = group.format;
  }

  /** Whether the lock was found to be ours no earlier than the file to be as it is. */
  get #isSure(): boolean {
    return this.#lease.isSure(this.#file.knownAt);
  }

  /** A writer that lost the lock does not write: the new owner may have appended meanwhile. */
  #ensureOurs(): Promise<void> | undefined {
    const isOurs = this.#lease.isOurs();
    return isOurs === true ? undefined : this.#ensure(isOurs);
  }

  async #ensure(isOurs: boolean | Promise<boolean>): Promise<void> {
    if (await isOurs) return;
    await this.#file.abandon(false);
    throw new LeaflogError(
      "LEAFLOG_LOCK_LOST",
      "another writer took over the lock, for this process stood still too long; nothing was written: append again",
      { file: this.#path },
    );
  }

  /**
   * The one thing that looking before the write cannot prevent: to be stopped between the two for
   * so long that the lock is taken over. It is told, at least, if another writer did append.
   */
  async #ensureNoSlip(): Promise<void> {
    // Where the look itself fails, what stands in the file tells.
    const look = async () => this.#lease.isOurs();
    if ((await look().catch(() => false)) || (await this.#file.stands())) return;
    await this.#file.abandon(false);
    throw new LeaflogError(
      "LEAFLOG_LOCK_LOST",
      "this process was stopped in the instant before its write, and another writer appended meanwhile; the entries are in the file, but beside what the other wrote: the parent chain forks there",
      { file: this.#path, written: true },
    );
  }

  /** Settles what does not wait for a sync; returns the rest. */
  #acknowledge(group: GroupCommit): Written[] {
    const unsynced: Written[] = [];
    for (const { call, error } of group.refused) call.reject(error);
    for (const written of group.written) {
      if (wantsSync(written.call)) unsynced.push(written);
      else written.call.resolve(written.results);
    }
    for (const update of updatesOf(this.#path, group)) {
      this.#updates.push(update);
      this.#updateBytes += update.length;
    }
    return unsynced;
  }

  async #acknowledgeSynced(unsynced: readonly Written[]): Promise<void> {
    await this.sync();
    for (const { call, results } of unsynced) {
      if (this.#poison) call.reject(this.#poison);
      else call.resolve(results);
    }
  }

  /**
   * Hands everything written so far to the medium. Does not reject: a failure poisons, for the
   * pages that it dropped will never be retried.
   */
  async sync(): Promise<void> {
    try {
      await this.#file.sync(this.#unsynced);
      this.#unsynced = [];
    } catch (cause) {
      this.#poison = new LeaflogError(
        "LEAFLOG_POISONED",
        "fdatasync failed: what was written since the last one may not survive a power loss, and cannot be synced any more; reopen the transcript and append again what it lacks",
        { file: this.#path, cause },
      );
    }
  }

  /** Syncs a file that may not be open just now; a missing one is nothing to sync. */
  async syncAll(): Promise<void> {
    if (await this.#file.look()) await this.sync();
  }

  /** Closes the file; what is known of its end is kept. */
  close(): Promise<void> {
    return this.#file.close();
  }

  /** Whether so much waits to be published that the lock should be given back for it. */
  get isFull(): boolean {
    return this.#updateBytes > MAX_UPDATE_BYTES;
  }

  /** The updates since the last call, to be published when the lock was given back. */
  takeUpdates(): TranscriptUpdate[] {
    this.#updateBytes = 0;
    return this.#updates.splice(0);
  }
}

function queriesOf(calls: readonly AppendCall[]): KeyQuery[] {
  return calls.flatMap(({ keyed }) => keyed?.query ?? []);
}

function wantsSync(call: AppendCall): boolean {
  return call.terms.options.durability === "synced";
}
