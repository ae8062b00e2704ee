import PQueue from "p-queue";

/** Tasks one after another, in the order in which they came. */
export class SerialQueue {
  /** Undefined while there is nothing to do: most open transcripts are idle. */
  #queue: PQueue | undefined;

  /** How many tasks wait for their turn. */
  get waiting(): number {
    return this.#queue?.size ?? 0;
  }

  /** Runs a task when those before it are done. */
  async add<T>(task: () => Promise<T>): Promise<T> {
    this.#queue ??= new PQueue({ concurrency: 1 });
    const queue = this.#queue;
    try {
      return await queue.add(task);
    } finally {
      const isIdle = queue.size === 0 && queue.pending === 0;
      // A later task may have been given a queue of its own by now.
      if (isIdle && this.#queue === queue) this.#queue = undefined;
    }
  }
}
