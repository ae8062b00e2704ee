import { LeaflogError } from "../../base/errors.js";
import type { FileSystem } from "../../file/file-system.js";
import { type FoundKeys, KeyLookup } from "../../keys/key-lookup.js";
import type { KeyQuery } from "../../keys/key-query.js";
import { SURE_MS } from "../../lock/file/lock-times.js";
import type { Tail } from "../../scan/end/tail.js";
import { WorkPace } from "../../scan/lines/work-pace.js";
import type { AppendCall } from "../call/append-call.js";
import type { HeldFile } from "../held/held-file.js";
import type { TranscriptFile } from "../held/transcript-file.js";
import { BaseFinder, type Found } from "./commit-base.js";
import type { GroupCommit, Written } from "./group.js";
import { isLarge } from "./group-commit.js";
import { GroupComposer } from "./group-composer.js";
import { LeafTargets } from "./leaf-targets.js";
import { Rewrites } from "./rewrites.js";
import {
  publishTranscriptUpdates,
  type TranscriptUpdate,
  updatesOf,
} from "./transcript-updates.js";

/** Bytes of entries that wait to be published: they are in memory as long. */
const MAX_UPDATE_BYTES = 8_388_608;

/** Writes group commits to one file, while its lock is held. */
export class Committer {
  readonly #path: string;
  readonly #held: HeldFile;
  readonly #file: TranscriptFile;
  readonly #composer: GroupComposer;
  /** What the file holds of idempotency keys. */
  readonly keys: KeyLookup;
  /** What the file holds of the entries that `leaf` entries name. */
  readonly targets: LeafTargets;
  /** Migrates and repairs. The rewritten file is another one: {@link close} this one before. */
  readonly rewrites: Rewrites;
  /** Finds what commits are written to. */
  readonly finder: BaseFinder;
  #poison: LeaflogError | undefined;
  #updates: TranscriptUpdate[] = [];
  #updateBytes = 0;

  constructor(fs: FileSystem, path: string, held: HeldFile) {
    this.#path = path;
    this.#held = held;
    this.#file = held.file;
    this.keys = new KeyLookup(fs, path);
    this.targets = new LeafTargets(fs, path);
    this.rewrites = new Rewrites(fs, path, held);
    this.finder = new BaseFinder(held.file, this.rewrites, () => this.#ensureOurs());
    const { keys, targets, finder } = this;
    this.#composer = new GroupComposer(path, { file: held.file, finder, keys, targets });
  }

  /** The end of the file as last seen: a hint, to be verified. */
  get lastTail(): Tail | undefined {
    return this.#file.tail;
  }

  /** Set when a sync failed: from then on nothing may be written. */
  get poison(): LeaflogError | undefined {
    return this.#poison;
  }

  /** The end of the file as it is; undefined when there is no file. */
  async look(): Promise<Tail | undefined> {
    return this.#file.look();
  }

  /**
   * Writes calls that agree in their options, and settles them.
   *
   * @param found the file as it was found with the lock held, before they were taken
   * @param onChanged told when it is found to be another than that: what it throws is thrown
   */
  async commit(
    calls: readonly AppendCall[],
    found: Found,
    onChanged?: (tail: Tail | undefined) => void,
  ): Promise<void> {
    // Nothing is awaited where there is nothing to wait for: nothing is to come between the look and
    // the write.
    const large = isLarge(calls);
    const laidOut = large
      ? this.#composer.composeLarge(calls, found, onChanged)
      : this.#composer.compose(calls, found);
    const group = laidOut instanceof Promise ? await laidOut : laidOut;
    if (group.bytes.length > 0) await this.#write(group);
    const unsynced = this.#acknowledge(group);
    if (large) await this.#noteInSlices(group);
    else for (const update of updatesOf(this.#path, group)) this.#note(update);
    if (unsynced.length > 0) await this.#acknowledgeSynced(unsynced);
  }

  /** What the file holds of some keys, as of the last look. */
  findKeys(queries: readonly KeyQuery[]): Promise<FoundKeys> {
    return this.#composer.findKeys(queries);
  }

  async #write(group: GroupCommit): Promise<void> {
    if (!this.#file.tail) {
      const { mode } = (group.first as AppendCall).terms.options;
      await this.#ensureOurs();
      await this.#file.create(mode, group.format);
    }
    // Not awaited where the answer is there: nothing is to come between the look and the write.
    const answer = this.#isSure ? undefined : this.#ensureOurs();
    if (answer) await answer;
    const checkedAt = this.#held.verifiedAt;
    await this.#file.write(group, async () => this.#held.isOurs());
    if (performance.now() - checkedAt > SURE_MS) await this.#ensureNoSlip();
    const { header } = group;
    this.finder.wrote(group.format, header?.state === "header" ? header.id : undefined);
  }

  /** Whether the lock was found to be ours no earlier than the file to be as it is. */
  get #isSure(): boolean {
    return this.#held.isSure(this.#file.knownAt);
  }

  /** A writer that lost the lock does not write: the new owner may have appended meanwhile. */
  #ensureOurs(): Promise<void> | undefined {
    const isOurs = this.#held.isOurs();
    return isOurs === true ? undefined : this.#ensure(isOurs);
  }

  async #ensure(isOurs: boolean | Promise<boolean>): Promise<void> {
    if (await isOurs) return;
    await this.#file.abandon();
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
    const look = async () => this.#held.isOurs();
    if ((await look().catch(() => false)) || (await this.#file.stands())) return;
    await this.#file.abandon();
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
    return unsynced;
  }

  async #noteInSlices(group: GroupCommit): Promise<void> {
    const pace = new WorkPace();
    for (const update of updatesOf(this.#path, group)) {
      this.#note(update);
      if (pace.isDue(0)) await pace.rest();
    }
  }

  /** Keeps it until the lock has been given back. */
  #note(update: TranscriptUpdate): void {
    this.#updates.push(update);
    this.#updateBytes += update.length;
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
      await this.#file.sync();
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

  /** Tells what was written since the last call, when the lock was given back. */
  async publish(): Promise<void> {
    const updates = this.#updates.splice(0);
    this.#updateBytes = 0;
    if (updates.length > 0) await publishTranscriptUpdates(updates);
  }
}

function wantsSync(call: AppendCall): boolean {
  return call.terms.options.durability === "synced";
}
