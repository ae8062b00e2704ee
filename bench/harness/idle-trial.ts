import { setTimeout as wait } from "node:timers/promises";
import { measured } from "./measured.js";
import type { TrialResult } from "./question.js";

/** What this machine does to the event loop of a process that does nothing for so long. */
export async function idleTrial(ms: number): Promise<TrialResult> {
  const { values, loop } = await measured(() => wait(ms));
  const { gapMs, gapCpuMs, delayMs, peakMb } = values as Record<string, number>;
  return { values: { gapMs, gapCpuMs, delayMs, peakMb } as TrialResult["values"], gaps: loop.gaps };
}
