import { setImmediate as turn } from "node:timers/promises";
import type { Writer } from "../writers/writer.js";
import type { Messages } from "./messages.js";

/** When to stop: whichever comes first. */
export interface Limits {
  readonly count?: number;
  readonly ms?: number;
}

/** Milliseconds that a producer hands messages over before it lets others run. */
const SLICE_MS = 1;

/**
 * Appends with so many in flight, each lane waiting for its own.
 *
 * @returns milliseconds that each append took
 */
export async function appendInLanes(
  writer: Writer,
  messages: Messages,
  lanes: number,
  limits: Limits,
): Promise<number[]> {
  const { count = Number.POSITIVE_INFINITY, ms = Number.POSITIVE_INFINITY } = limits;
  const latencies: number[] = [];
  const deadline = performance.now() + ms;
  let begun = 0;
  const lane = async () => {
    while (begun < count) {
      begun += 1;
      const startedAt = performance.now();
      await writer.append(messages.next());
      const now = performance.now();
      latencies.push(now - startedAt);
      if (now >= deadline) return;
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return latencies;
}

/** Hands over `count` messages without waiting for any, as fast as the event loop allows. */
export async function appendOutstanding(
  writer: Writer,
  messages: Messages,
  count: number,
): Promise<void> {
  const pending: unknown[] = [];
  let sliceEnd = performance.now() + SLICE_MS;
  for (let begun = 0; begun < count; begun += 1) {
    pending.push(writer.append(messages.next()));
    if (performance.now() < sliceEnd) continue;
    await turn();
    sliceEnd = performance.now() + SLICE_MS;
  }
  await Promise.all(pending);
}
