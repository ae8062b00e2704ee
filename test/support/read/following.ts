import { setTimeout as delay } from "node:timers/promises";
import type { EntryRecord, FollowOptions, Reset, Transcript } from "../../../src/index.js";

/** A follow that runs beside the test. */
export class Following {
  readonly records: EntryRecord[] = [];
  /** Ids of the entries, with the reasons of resets among them as `!reason`. */
  readonly seen: unknown[] = [];
  readonly #controller = new AbortController();
  readonly #done: Promise<void>;
  #changed: () => void = () => undefined;

  constructor(transcript: Transcript, options: FollowOptions = {}) {
    const onReset = ({ reason }: Reset) => void this.seen.push(`!${reason}`);
    const { signal } = this.#controller;
    this.#done = this.#run(transcript, { pollMs: 60_000, onReset, signal, ...options });
    // What it rejects with shows when it is stopped.
    this.#done.catch(() => undefined);
  }

  /** Waits until so much was seen, resets included. */
  async until(count: number, timeoutMs = 20_000): Promise<unknown[]> {
    const over = new AbortController();
    const late = delay(timeoutMs, undefined, over);
    late.catch(() => undefined);
    let isLate = false;
    void Promise.race([late, this.#done]).then(
      () => {
        isLate = true;
        this.#changed();
      },
      () => this.#changed(),
    );
    try {
      while (this.seen.length < count && !isLate) {
        await new Promise<void>((resolve) => {
          this.#changed = resolve;
        });
      }
    } finally {
      over.abort();
    }
    if (this.seen.length >= count) return this.seen;
    throw new Error(`waited in vain for ${count}; seen: ${this.seen.slice(-20).join(" ")}`);
  }

  /** Ends it; what it failed with is thrown. */
  async stop(): Promise<unknown[]> {
    this.#controller.abort();
    await this.#done;
    return this.seen;
  }

  async #run(transcript: Transcript, options: FollowOptions): Promise<void> {
    for await (const record of transcript.follow(options)) {
      this.records.push(record);
      this.seen.push(record.entry?.id ?? record.oversized?.id ?? "linear");
      this.#changed();
    }
  }
}
