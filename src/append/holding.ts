import { dirname } from "node:path";
import type { FileSystem } from "../file/file-system.js";
import { makeDirectory } from "../file/make-directory.js";
import type { Committer } from "./committer.js";
import type { KeyQuery } from "./idempotency/key-query.js";
import type { Lease } from "./lease.js";
import type { Tail } from "./tail.js";
import { writeFailed } from "./transcript-file.js";
import { publishTranscriptUpdates } from "./transcript-updates.js";

/** How often the lock is given back because there is much to be read for calls. */
const MAX_READS_AHEAD = 3;

/** The lock of a file and what is open under it: taken and given back together. */
export class Holding {
  readonly #fs: FileSystem;
  readonly #path: string;
  readonly #lease: Lease;
  readonly #committer: Committer;

  constructor(fs: FileSystem, path: string, lease: Lease, committer: Committer) {
    this.#fs = fs;
    this.#path = path;
    this.#lease = lease;
    this.#committer = committer;
  }

  /** Takes the lock unless it is had. False when `wanted` said no before. */
  async take(wanted: () => boolean): Promise<boolean> {
    for (;;) {
      if (await this.#lease.isOurs()) return true;
      await this.#committer.close();
      const { ahead } = this.#committer;
      if (!(await this.#lease.take(wanted, () => this.#makeDirectory(), ahead))) return false;
    }
  }

  /**
   * Takes the lock when what there is to be read for idempotency keys is little: a large file is
   * gone through without it, up to the end that was seen with it, behind which alone a failed
   * write may be cut back.
   */
  takeWithKeys(wanted: () => boolean, queries: () => readonly KeyQuery[]): Promise<boolean> {
    const { keys } = this.#committer;
    const isAsked = () => queries().length > 0;
    return this.takeAhead(wanted, isAsked, (tail) => {
      if (!keys.isBehind(queries(), tail)) return undefined;
      return async () => {
        await keys.readAhead(queries, tail, wanted);
        return true;
      };
    });
  }

  /**
   * Takes the lock when there is little left to be read.
   *
   * @param isAsked whether anything may have to be read; on a no the file is not even looked at
   * @param aheadOf what is to be read without the lock before, if anything is; resolves to false
   * when it was given up
   */
  async takeAhead(
    wanted: () => boolean,
    isAsked: () => boolean,
    aheadOf: (tail: Tail) => (() => Promise<boolean>) | undefined,
  ): Promise<boolean> {
    for (let reads = 0; await this.take(wanted); ) {
      if (reads === MAX_READS_AHEAD || !isAsked()) return true;
      const tail = await this.#committer.look();
      const ahead = tail && aheadOf(tail);
      if (ahead === undefined) return true;
      await this.#giveBack();
      if (await ahead()) reads += 1;
    }
    return false;
  }

  async #makeDirectory(): Promise<void> {
    try {
      const touched = await makeDirectory(this.#fs, dirname(this.#path));
      for (const directory of touched) this.#committer.madeNameIn(directory);
    } catch (cause) {
      throw writeFailed(this.#path, "the transcript's directory cannot be made", cause, true);
    }
  }

  /** Closes the file, gives the lock back, and tells what was written. */
  async release(): Promise<void> {
    this.#committer.keys.letGo();
    await this.#giveBack();
  }

  async #giveBack(): Promise<void> {
    try {
      await this.#committer.close();
    } finally {
      await this.#lease.release();
      const updates = this.#committer.takeUpdates();
      if (updates.length > 0) await publishTranscriptUpdates(updates);
    }
  }

  /** The same where no call is left to be rejected; the lock, should it have stayed, goes stale. */
  async releaseOrWarn(): Promise<void> {
    try {
      await this.release();
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      process.emitWarning(`the lock of ${this.#path} was not given back: ${why}`, "LeaflogWarning");
    }
  }
}
