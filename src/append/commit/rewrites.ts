import { LeaflogError } from "../../base/errors.js";
import type { FileSystem } from "../../file/file-system.js";
import type { MigrateOptions, MigrationReport } from "../../migration/migration.js";
import type { RepairOptions } from "../../repair/repair-options.js";
import type { RepairReport } from "../../repair/repair-report.js";
import { GaveWayError } from "../../rewrite/gave-way-error.js";
import { LateLines } from "../../rewrite/late-lines.js";
import { ensureLateOwner } from "../../rewrite/late-owner.js";
import type { RewriteTerms } from "../../rewrite/rewrite.js";
import { writersOrUnknown } from "../../rewrite/writers-or-unknown.js";
import type { Tail } from "../../scan/end/tail.js";
import type { NotMigrated } from "../call/append-result.js";
import type { HeldFile } from "../held/held-file.js";

/** Milliseconds for which appends leave linear entries alone once that had a reason. */
const LEAVE_MS = 5000;

/** What every rewrite under the lock is told. */
type Watched = Required<Pick<RewriteTerms, "stillOwner" | "watch">>;

/** Rewrites one file while its lock is held, and watches what was replaced. */
export class Rewrites {
  readonly #fs: FileSystem;
  readonly #path: string;
  readonly #held: HeldFile;
  readonly #late = new LateLines();
  /** Why linear entries are left alone, and until when (`performance.now()`). */
  #left: { readonly until: number; readonly why: NotMigrated } | undefined;

  constructor(fs: FileSystem, path: string, held: HeldFile) {
    this.#fs = fs;
    this.#path = path;
    this.#held = held;
  }

  /** What others go on writing to files that were replaced. */
  get late(): Pick<LateLines, "watching" | "hasMore" | "writers" | "carried" | "drop"> {
    return this.#late;
  }

  async migrate(options: Omit<MigrateOptions, keyof Watched>): Promise<MigrationReport> {
    // Loaded when it is asked for: most appends never are.
    const { migrateFile } = await import("../../migration/migration.js");
    return migrateFile(this.#fs, this.#path, { ...options, ...this.#watched });
  }

  async repair(options: Omit<RepairOptions, keyof Watched>): Promise<RepairReport> {
    const { repairFile } = await import("../../repair/repair.js");
    return repairFile(this.#fs, this.#path, { ...options, ...this.#watched });
  }

  /**
   * Migrates before an append, unless others write to the file or its attributes cannot be kept: an
   * append does not fail because of that. This process must not have it open for writing.
   *
   * @returns why it is as it was
   */
  async migrateUnlessBusy(
    tail: Tail,
    header: MigrateOptions["header"],
  ): Promise<NotMigrated | undefined> {
    const pids = await writersOrUnknown(this.#fs, this.#path, tail.stat);
    if (pids && pids.length > 0) return this.leave({ reason: "open", pids });
    try {
      await this.migrate({ header, format: tail.format });
      return undefined;
    } catch (error) {
      if (error instanceof GaveWayError) return this.leave({ reason: "busy" });
      if (error instanceof LeaflogError && error.code === "LEAFLOG_ATTRIBUTES") {
        return this.leave({ reason: "attributes" });
      }
      throw error;
    }
  }

  /** Why linear entries are left alone just now. */
  get left(): NotMigrated | undefined {
    return this.#left && performance.now() < this.#left.until ? this.#left.why : undefined;
  }

  /** Leaves them alone for a while: to look whether that is over takes a while, too. */
  leave(why: NotMigrated): NotMigrated {
    this.#left = { until: performance.now() + LEAVE_MS, why };
    return why;
  }

  /** Carries late lines over, for who has the lock. */
  async carryLateLines(): Promise<void> {
    if (!this.#late.watching) return;
    // Who goes on writing to a replaced file would do so to the next one that is replaced.
    if (await this.#late.carryOver(() => this.#ensureOwner())) this.leave({ reason: "open" });
  }

  /** The same for the last time. */
  async endLateLines(): Promise<void> {
    await this.#late.end(() => this.#ensureOwner());
  }

  #ensureOwner(): Promise<void> {
    return ensureLateOwner(this.#path, async () => this.#held.isOurs());
  }

  get #watched(): Watched {
    return {
      stillOwner: async () => this.#held.isOurs(),
      watch: (replaced) => this.#late.add(replaced, () => this.#ensureOwner()),
    };
  }
}
