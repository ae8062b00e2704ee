import type { NotMigrated, TornTail } from "./append-result.js";
import type { Tail } from "./tail.js";
import type { Way } from "./way.js";

/** A file as it was found with the lock held. */
export interface Found {
  /** Undefined when there is no file. */
  readonly tail: Tail | undefined;
}

/** What calls of the same options are written to. */
export interface Ground extends Found {
  readonly way: Way;
  readonly tornTail: TornTail | undefined;
  /** Why linear entries are left as they are. */
  readonly notMigrated?: NotMigrated;
}
