import type { FileStat } from "../../src/file/file-stat.js";
import type { FileSystem } from "../../src/file/file-system.js";
import { nodeFileSystem } from "../../src/file/node-file-system.js";
import { interceptedFileSystem, type PortCall, type RunCall } from "./intercepted-file-system.js";

/** What befalls an operation: it may run it, late or in part or not at all. */
export interface Strike {
  (call: PortCall, run: RunCall, port: FaultPort): Promise<unknown>;
  /** What befalls a look that is answered at once. @default it is no longer answered at once */
  readonly atOnce?: (call: PortCall, run: () => FileStat, port: FaultPort) => FileStat;
}

/** Which operations are struck, and how. */
export interface FaultPlan {
  readonly strike: Strike;
  /** The first operation to be struck, counted from 1 among those that `matches`. */
  readonly nth: number;
  /** Whether that one alone is struck, or every one from it on until the port is healed. */
  readonly once: boolean;
  /** @default all operations, those of the lock among them */
  readonly matches?: (call: PortCall) => boolean;
}

/**
 * A file port that counts its operations and lets a chosen one, or all from it on, go wrong. Looks
 * are answered at once, whatever the file system.
 */
export class FaultPort {
  readonly fileSystem: FileSystem;
  /** All operations, in the order in which they began. */
  readonly calls: PortCall[] = [];
  /** Those of them that have not ended. */
  readonly underWay = new Set<PortCall>();
  /** The operations that were struck, in their order. */
  readonly struck: PortCall[] = [];
  /** The errors that struck operations were made to reject with. */
  readonly injected: Error[] = [];
  /** Files that were opened and not closed. */
  openFiles = 0;
  #plan: FaultPlan | undefined;
  #count = 0;

  constructor(plan?: FaultPlan, base: FileSystem = nodeFileSystem) {
    this.#plan = plan;
    const around = (call: PortCall, run: RunCall): Promise<unknown> => {
      this.underWay.add(call);
      return this.#around(call, run).finally(() => this.underWay.delete(call));
    };
    this.fileSystem = interceptedFileSystem(around, base, (call, run) => this.#atOnce(call, run));
  }

  /** From here on nothing goes wrong any more. */
  heal(): void {
    this.#plan = undefined;
  }

  /** Keeps an error that is about to be thrown, so that it can be looked for as a cause. */
  inject<E extends Error>(error: E): E {
    this.injected.push(error);
    return error;
  }

  #atOnce(call: PortCall, run: () => FileStat): FileStat | Promise<FileStat> {
    this.calls.push(call);
    const strike = this.#strikeOf(call);
    if (strike === undefined) return run();
    if (strike.atOnce) return strike.atOnce(call, run, this);
    return strike(call, async () => run(), this) as Promise<FileStat>;
  }

  #around(call: PortCall, run: RunCall): Promise<unknown> {
    this.calls.push(call);
    const counted: RunCall = async (args) => {
      // A close that fails takes the descriptor with it all the same, as on Linux.
      if (call.name === "file.close") this.openFiles -= 1;
      const result = await run(args);
      if (call.name === "open") this.openFiles += 1;
      return result;
    };
    const strike = this.#strikeOf(call);
    return strike === undefined ? counted() : strike(call, counted, this);
  }

  #strikeOf(call: PortCall): Strike | undefined {
    const plan = this.#plan;
    if (plan === undefined || plan.matches?.(call) === false) return undefined;
    this.#count += 1;
    if (plan.once ? this.#count !== plan.nth : this.#count < plan.nth) return undefined;
    this.struck.push(call);
    return plan.strike;
  }
}
