import { setTimeout as wait } from "node:timers/promises";
import { measured } from "./measured.js";
import type { TrialPlace, TrialResult } from "./question.js";

/** Milliseconds: no longer than the work is, whose gaps are told above those of this. */
const IDLE_MS = { short: 80, full: 1000 } as const;

/** What this machine does to the event loop of a process that does nothing. */
export async function idleTrial({ form }: Pick<TrialPlace, "form">): Promise<TrialResult> {
  const { values, loop } = await measured(() => wait(IDLE_MS[form]));
  const { gapMs, gapCpuMs, delayMs, peakMb } = values as Record<string, number>;
  return { values: { gapMs, gapCpuMs, delayMs, peakMb } as TrialResult["values"], gaps: loop.gaps };
}
