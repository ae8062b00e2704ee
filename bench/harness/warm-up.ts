import type { Form } from "./question.js";

/** Milliseconds of warming up, at least. */
const WARM_UP_MS = { short: 150, full: 1000 } as const;

/**
 * Does what is to be measured beforehand, as often as it takes: what a process does in its first
 * moments is for the most part to be compiled.
 */
export async function warmUp(form: Form, work: (turn: number) => Promise<unknown>): Promise<void> {
  const startedAt = performance.now();
  for (let turn = 0; performance.now() - startedAt < WARM_UP_MS[form]; turn += 1) await work(turn);
}
