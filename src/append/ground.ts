import type { NotMigrated, TornTail } from "./append-result.js";
import type { Tail } from "./tail.js";
import type { Way } from "./way.js";

/** What a group commit finds. */
export interface Ground {
  /** Undefined when there is no file. */
  readonly tail: Tail | undefined;
  readonly way: Way;
  readonly tornTail: TornTail | undefined;
  /** Why linear entries are left as they are. */
  readonly notMigrated?: NotMigrated;
}
