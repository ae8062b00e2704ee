import type { ExclusiveTerms } from "../append/commit/exclusive-terms.js";
import { MAX_TIMEOUT_MS, whole } from "../base/arguments.js";
import type { LateReport } from "../rewrite/late-report.js";
import type { WriterShare } from "./open-writers.js";

/** Milliseconds at most for which late lines are waited for: where writers are known, */
const KNOWN_MS = 5000;
/** and where it cannot be told whether there are any. */
const UNKNOWN_MS = 1000;
/** Milliseconds between two looks at what was replaced, */
const LOOK_MS = 50;
/** and between two at who has it open. */
const ASK_MS = 500;

/** @throws LeaflogError `LEAFLOG_INVALID_ARGUMENT` */
export function settling(settleMs: number | undefined): number | undefined {
  return settleMs === undefined ? undefined : whole("settleMs", settleMs, 0, 0, MAX_TIMEOUT_MS);
}

/**
 * Watches what a rewrite replaced until nobody has it open for writing any more, or for a while;
 * not where a transcript is open, which watches on.
 *
 * @param settleMs how long at most, in milliseconds
 * @throws as the writer's `carryLateLines`
 */
export async function settled<R extends LateReport & { readonly changed: boolean }>(
  report: R,
  share: WriterShare,
  settleMs: number | undefined,
  terms: ExclusiveTerms,
): Promise<R> {
  const { writer } = share;
  if (share.isShared || !report.changed || !writer.late.watching) return report;
  const before = writer.late.carried;
  const startedAt = performance.now();
  let writers = await writer.late.writers();
  let askedAt = startedAt;
  while (
    writers?.length !== 0 &&
    writer.late.watching &&
    !share.isShared &&
    !terms.signal?.aborted
  ) {
    const limit = settleMs ?? (writers ? KNOWN_MS : UNKNOWN_MS);
    if (performance.now() - startedAt >= limit) break;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    if (await writer.late.hasMore()) await writer.carryLateLines({ timeoutMs: terms.timeoutMs });
    if (performance.now() - askedAt < ASK_MS) continue;
    writers = await writer.late.writers();
    askedAt = performance.now();
  }
  await writer.endLateLines(() => !share.isShared);
  const lateBytes = report.lateBytes + writer.late.carried - before;
  return { ...report, lateBytes, ...(writers?.length && { stillOpen: writers }) };
}
