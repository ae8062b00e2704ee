import type { Found } from "./commit-base.js";

/**
 * The file as it is found, where the lock is ours; undefined where it is not: who lost it has found
 * nothing that counts. There at once where both looks are answered at once, and otherwise both at the
 * same time: one after the other would take as long as the write.
 *
 * @throws what the looks throw, that at the lock first
 */
export function foundIfOurs(
  find: () => Found | Promise<Found>,
  look: () => boolean | Promise<boolean>,
): Found | undefined | Promise<Found | undefined> {
  const found = attempt(find);
  const isOurs = attempt(look);
  if (found instanceof Promise || isOurs instanceof Promise) return whenLooked(found, isOurs);
  return isOurs ? found : undefined;
}

async function whenLooked(
  looked: Found | Promise<Found>,
  owner: boolean | Promise<boolean>,
): Promise<Found | undefined> {
  const [found, isOurs] = await Promise.allSettled([looked, owner]);
  if (isOurs.status === "rejected") throw isOurs.reason;
  if (!isOurs.value) return undefined;
  if (found.status === "rejected") throw found.reason;
  return found.value;
}

/** What `work` returns; what it throws becomes what a promise rejects with. */
function attempt<T>(work: () => T | Promise<T>): T | Promise<T> {
  try {
    return work();
  } catch (error) {
    return Promise.reject(error);
  }
}
