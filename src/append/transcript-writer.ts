import { dirname } from "node:path";
import PQueue from "p-queue";
import { newHeader } from "../entry/header.js";
import { LeaflogError } from "../errors.js";
import type { FileSystem } from "../file/file-system.js";
import { makeDirectory } from "../file/make-directory.js";
import type { ResolvedOptions } from "../options.js";
import type { AppendCall } from "./append-call.js";
import type { TornTail } from "./append-result.js";
import { composeGroup, type GroupCommit } from "./group-commit.js";
import { Lease } from "./lease.js";
import { type MigrateOptions, type MigrationReport, migrateFile } from "./migration/migration.js";
import { PendingCalls } from "./pending-calls.js";
import type { Tail } from "./tail.js";
import { TranscriptFile, writeFailed } from "./transcript-file.js";
import {
  publishTranscriptUpdates,
  type TranscriptUpdate,
  updatesOf,
} from "./transcript-updates.js";
import { chooseWay, type Way } from "./way.js";

/** How often an append migrates when another program keeps adding linear entries meanwhile. */
const MAX_MIGRATIONS = 5;

/** What a group commit finds. */
interface Ground {
  /** Undefined when there is no file. */
  readonly tail: Tail | undefined;
  readonly way: Exclude<Way, "migrate">;
  readonly tornTail: TornTail | undefined;
}

/**
 * All appending to one file in this process: one list of pending calls, one queue, one lock, one
 * descriptor, however many handles are open.
 */
export class TranscriptWriter {
  readonly path: string;
  readonly #fs: FileSystem;
  readonly #idleMs: number;
  /** One task a group commit; exclusive work (migration, sync, release) waits its turn in it. */
  readonly #queue = new PQueue({ concurrency: 1 });
  readonly #pending: PendingCalls;
  readonly #lease: Lease;
  readonly #file: TranscriptFile;
  /** Whether a commit stands in the queue or runs: it looks for further calls when it ends. */
  #scheduled = false;
  #inFlight: readonly AppendCall[] = [];
  #idleTimer: NodeJS.Timeout | undefined;
  #updates: TranscriptUpdate[] = [];
  #poison: LeaflogError | undefined;
  /** Id of the header that stood in the file, should the file have to be made anew. */
  #sessionId: string | undefined;
  /** Directories in which a name was made that may not be on the medium yet. */
  readonly #unsynced = new Set<string>();

  constructor(fs: FileSystem, path: string, options: ResolvedOptions) {
    this.path = path;
    this.#fs = fs;
    this.#idleMs = options.lock.idleMs;
    this.#lease = new Lease(fs, path, options.lock);
    this.#file = new TranscriptFile(fs, path);
    this.#pending = new PendingCalls(options.queue, (call, accepted) =>
      call.reject(this.#timeoutError(call, accepted)),
    );
  }

  /** The end of the file as this process last saw it: a hint, to be verified. */
  get lastTail(): Tail | undefined {
    return this.#file.tail;
  }

  /** Set when a sync failed: from then on nothing is written. */
  get poison(): LeaflogError | undefined {
    return this.#poison;
  }

  /** Puts a call in the queue. It is settled when written, refused or given up. */
  append(call: AppendCall): void {
    if (this.#poison) {
      call.reject(this.#poison);
      return;
    }
    this.#pending.add(call);
    clearTimeout(this.#idleTimer);
    this.#schedule();
  }

  /** Waits until all that was appended before is settled, well or not. */
  async settle(): Promise<void> {
    const calls = [...this.#inFlight, ...this.#pending.unsettled()];
    await Promise.allSettled(calls.map((call) => call.done));
  }

  /**
   * Hands everything written so far to the medium.
   *
   * @throws LeaflogError `LEAFLOG_POISONED`
   */
  async sync(): Promise<void> {
    await this.settle();
    await this.#exclusively(async () => {
      if (!this.#poison && (await this.#file.look())) await this.#sync();
      if (this.#poison) throw this.#poison;
    });
  }

  /**
   * Migrates the transcript under the lock, whatever its size.
   *
   * @param timeoutMs for the queue and the lock, not for the migration
   */
  async migrate(
    options: Omit<MigrateOptions, "stillOwner">,
    timeoutMs: number,
  ): Promise<MigrationReport> {
    const startedAt = performance.now();
    const waited = () => Math.round(performance.now() - startedAt);
    return this.#exclusively(async () => {
      const wanted = () => waited() < timeoutMs && !options.signal?.aborted;
      if (await this.#hold(wanted)) return this.#migrate(options);
      if (!options.signal?.aborted) throw await this.#lease.timeoutError(waited());
      throw new LeaflogError("LEAFLOG_ABORTED", "aborted before the migration began", {
        file: this.path,
        cause: options.signal.reason,
      });
    });
  }

  /** Gives back lock and descriptor. Nothing may be appended any more. */
  async close(): Promise<void> {
    await this.settle();
    clearTimeout(this.#idleTimer);
    await this.#queue.add(() => this.#release());
    clearTimeout(this.#idleTimer);
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    void this.#queue.add(() => this.#commit());
  }

  async #commit(): Promise<void> {
    // A turn of the microtask queue, so that what is appended in one breath joins the group.
    await Promise.resolve();
    try {
      if (await this.#hold(() => this.#pending.first !== undefined)) await this.#commitGroup();
    } catch (error) {
      this.#fail(error);
    }
    this.#pending.free(this.#inFlight);
    this.#inFlight = [];
    const idle = this.#idleMs === 0 && this.#pending.size === 0;
    if (idle || this.#lease.spent || !this.#lease.held) await this.#releaseOrWarn();
    // No await from here on: a call that came in between would be forgotten.
    this.#scheduled = false;
    if (this.#pending.size > 0) this.#schedule();
    else this.#linger();
  }

  async #commitGroup(): Promise<void> {
    const first = this.#pending.first;
    if (!first) return;
    const { options } = first.terms;
    let ground = await this.#ground(options);
    const calls = this.#pending.take();
    this.#inFlight = calls;
    if (calls.length === 0) return;
    const targets = await this.#findTargets(calls);
    // The search may have taken long.
    if (targets) ground = { ...(await this.#ground(options)), tornTail: ground.tornTail };
    const { tail, way, tornTail } = ground;
    const isNew = tail === undefined || tail.header.state === "empty";
    const group = composeGroup(calls, {
      file: this.path,
      size: tail?.size ?? 0,
      leaf: tail?.leaf ?? { shape: "empty", leafId: null, linearAfterLeaf: false },
      linked: way === "link",
      openTail: tail?.tornTail !== undefined,
      tornTail,
      header: isNew ? newHeader(options.cwd, this.#sessionId ?? options.sessionId) : undefined,
      recreated: tail === undefined && this.#sessionId !== undefined,
      hasEntry: (id) => targets?.has(id) ?? false,
    });
    if (group.bytes.length > 0) await this.#write(group, options);
    for (const { call, error } of group.refused) call.reject(error);
    for (const { call, results } of group.written) if (!wantsSync(call)) call.resolve(results);
    this.#updates.push(...updatesOf(this.path, group));
    if (group.written.some(({ call }) => wantsSync(call))) await this.#sync();
    for (const { call, results } of group.written) {
      if (call.settled) continue;
      if (this.#poison) call.reject(this.#poison);
      else call.resolve(results);
    }
  }

  /** Looks at the file and brings it into a state that can be appended to. */
  async #ground(options: ResolvedOptions): Promise<Ground> {
    let tornTail: TornTail | undefined;
    for (let migrations = 0; migrations <= MAX_MIGRATIONS; migrations += 1) {
      const tail = await this.#file.look();
      if (tail?.header.state === "header") this.#sessionId = tail.header.id;
      tornTail ??= tail?.tornTail;
      const way = chooseWay(this.path, tail, options);
      if (way !== "migrate") return { tail, way, tornTail };
      await this.#migrate({ header: options.header });
    }
    const why = "another program keeps adding linear entries while they are migrated";
    throw writeFailed(this.path, why, undefined, true);
  }

  /** Which of the entries that `leaf` entries name are there; undefined when none is named. */
  async #findTargets(calls: readonly AppendCall[]): Promise<Set<string> | undefined> {
    if (!calls[0]?.namesTarget) return undefined;
    const found = new Set<string>();
    for (const { type, targetId } of calls.flatMap((call) => call.entries)) {
      if (type !== "leaf" || typeof targetId !== "string" || found.has(targetId)) continue;
      if (await this.#file.hasEntry(targetId)) found.add(targetId);
    }
    return found;
  }

  async #write(group: GroupCommit, options: ResolvedOptions): Promise<void> {
    await this.#ensureOurs();
    if (!this.#file.tail) {
      await this.#file.create(options.mode);
      this.#unsynced.add(dirname(this.path));
    }
    await this.#ensureOurs();
    await this.#file.write(group, () => this.#lease.isOurs());
    if (group.header?.state === "header") this.#sessionId = group.header.id;
  }

  /** A writer that lost the lock does not write: the new owner may have appended meanwhile. */
  async #ensureOurs(): Promise<void> {
    if (await this.#lease.isOurs()) return;
    await this.#file.abandon(false);
    throw new LeaflogError(
      "LEAFLOG_LOCK_LOST",
      "another writer took over the lock, for this process stood still too long; nothing was written: append again",
      { file: this.path },
    );
  }

  /** Does not reject: a failure poisons, for the pages that it dropped will never be retried. */
  async #sync(): Promise<void> {
    try {
      await this.#file.sync(this.#unsynced);
      this.#unsynced.clear();
    } catch (cause) {
      this.#poison = new LeaflogError(
        "LEAFLOG_POISONED",
        "fdatasync failed: what was written since the last one may not survive a power loss, and cannot be synced any more; reopen the transcript and append again what it lacks",
        { file: this.path, cause },
      );
      this.#pending.rejectAll(this.#poison);
    }
  }

  async #migrate(options: Omit<MigrateOptions, "stillOwner">): Promise<MigrationReport> {
    // The migrated file is another one.
    await this.#file.close();
    const stillOwner = () => this.#lease.isOurs();
    const report = await migrateFile(this.#fs, this.path, { ...options, stillOwner });
    if (report.changed) this.#unsynced.add(dirname(this.path));
    return report;
  }

  async #exclusively<T>(task: () => Promise<T>): Promise<T> {
    return this.#queue.add(async () => {
      try {
        return await task();
      } finally {
        if (!this.#scheduled) this.#linger();
      }
    });
  }

  async #hold(wanted: () => boolean): Promise<boolean> {
    for (;;) {
      if (await this.#lease.isOurs()) return true;
      await this.#file.close();
      const make = async () => {
        const touched = await makeDirectory(this.#fs, dirname(this.path));
        for (const directory of touched) this.#unsynced.add(directory);
      };
      if (!(await this.#lease.take(wanted, make))) return false;
    }
  }

  /** Keeps the lock for a moment, in case that more is to come. */
  #linger(): void {
    clearTimeout(this.#idleTimer);
    if (!this.#lease.held) return;
    this.#idleTimer = setTimeout(() => {
      if (!this.#scheduled) void this.#queue.add(() => this.#releaseOrWarn());
    }, this.#idleMs);
  }

  async #release(): Promise<void> {
    await this.#file.close();
    await this.#lease.release();
    publishTranscriptUpdates(this.#updates.splice(0));
  }

  async #releaseOrWarn(): Promise<void> {
    try {
      await this.#release();
    } catch (error) {
      // No call is left to be rejected; the lock, should it have stayed, goes stale.
      const why = error instanceof Error ? error.message : String(error);
      process.emitWarning(`the lock of ${this.path} was not given back: ${why}`, "LeaflogWarning");
    }
  }

  #fail(error: unknown): void {
    const cause = error instanceof LeaflogError ? error : undefined;
    const why = "the append failed before anything was written";
    const reason = cause ?? writeFailed(this.path, why, error, true);
    if (this.#inFlight.length === 0) this.#inFlight = this.#pending.take();
    for (const call of this.#inFlight) if (!call.settled) call.reject(reason);
  }

  #timeoutError(call: AppendCall, accepted: boolean): LeaflogError | Promise<LeaflogError> {
    const { waitedMs } = call;
    if (accepted && this.#lease.waiting) return this.#lease.timeoutError(waitedMs);
    const facts = { file: this.path, waitedMs };
    return accepted
      ? new LeaflogError(
          "LEAFLOG_TIMEOUT",
          `not written within ${waitedMs} ms; nothing was written: raise timeoutMs, or look for what keeps the disk busy`,
          facts,
        )
      : new LeaflogError(
          "LEAFLOG_QUEUE_FULL",
          `no room in the queue within ${waitedMs} ms; nothing was written: await earlier appends, or raise queue.maxEntries and queue.maxBytes`,
          facts,
        );
  }
}

function wantsSync(call: AppendCall): boolean {
  return call.terms.options.durability === "synced";
}
