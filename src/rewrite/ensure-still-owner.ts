import { LeaflogError } from "../base/errors.js";

/**
 * The last look before a rewritten transcript takes the place of the old one.
 *
 * @param work what is being done, for the message
 * @throws LeaflogError `LEAFLOG_LOCK_LOST`; the signal's reason
 */
export async function ensureStillOwner(
  file: string,
  work: "migration" | "repair",
  options: {
    readonly stillOwner: () => Promise<boolean>;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<void> {
  const owner = await options.stillOwner();
  options.signal?.throwIfAborted();
  if (owner) return;
  throw new LeaflogError(
    "LEAFLOG_LOCK_LOST",
    `the lock was taken over during the ${work}; the transcript is as it was`,
    { file },
  );
}
