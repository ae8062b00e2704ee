import { LeaflogError } from "../base/errors.js";

/**
 * The look before late lines are written.
 *
 * @throws LeaflogError `LEAFLOG_LOCK_LOST`
 */
export async function ensureLateOwner(
  file: string,
  stillOwner: () => Promise<boolean>,
): Promise<void> {
  if (await stillOwner()) return;
  throw new LeaflogError(
    "LEAFLOG_LOCK_LOST",
    "the transcript was rewritten, and the lock was taken over before all that another program went on writing to the replaced file was carried over",
    { file },
  );
}
