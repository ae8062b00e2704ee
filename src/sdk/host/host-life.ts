import { LeaflogError } from "../../base/errors.js";

/** How the life of a host stands. */
export type HostState = "open" | "superseded" | "closed";

/**
 * The life of a host: open, until it is superseded by another host or closed. From then on calls
 * through it reject with `LEAFLOG_SUPERSEDED` or `LEAFLOG_CLOSED`, those that wait in a queue and
 * those within a `withWriteLock` too, and nothing is written for them any more. What had begun to be
 * written is written, and its call resolves.
 */
export class HostLife {
  readonly #controller = new AbortController();
  readonly #users = new Set<() => Promise<void>>();
  #state: HostState = "open";

  get state(): HostState {
    return this.#state;
  }

  /** Aborted when the life ends; the `code` of its reason is that of the calls that reject. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Another host took over. Resolves when nothing is under way any more and all is given back. */
  supersede(): Promise<void> {
    return this.#end("superseded", new LeaflogError("LEAFLOG_SUPERSEDED", "superseded"));
  }

  /** Resolves when nothing is under way any more and all is given back. May be called again. */
  close(): Promise<void> {
    return this.#end("closed", new LeaflogError("LEAFLOG_CLOSED", "closed"));
  }

  /**
   * Has `end` called when the life ends, and waited for.
   *
   * @returns takes that back
   */
  attach(end: () => Promise<void>): () => void {
    // A wrapper of its own for each, so that one function can be attached twice.
    const user = () => end();
    this.#users.add(user);
    return () => {
      this.#users.delete(user);
    };
  }

  async #end(state: HostState, error: LeaflogError): Promise<void> {
    if (this.#state === "open") {
      this.#state = state;
      this.#controller.abort(error);
    }
    await Promise.all([...this.#users].map((end) => end()));
  }
}
