import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { openFilesBelow } from "../open-handles.js";

/** More operations than any attempt makes. */
const ENOUGH = 400;
/** An attempt does not always make the same number of operations: some are made in the background. */
const SURVIVORS = 2;
/** After so many failed attempts the others would say nothing new. */
const MAX_FAILURES = 8;

/**
 * Calls `attempt` with 1, 2, 3, … for the operation that is to be struck, several at a time, until
 * one attempt after the other has come through without a fault.
 *
 * @param root where the sweep makes a directory for its attempts, in which nothing may stay open
 * @param attempt resolves to whether it met the fault; rejects when a promise is broken
 * @returns how many attempts met one
 * @throws AggregateError of the attempts that broke a promise, when all have ended
 */
export async function sweep(
  root: string,
  attempt: (nth: number, directory: string) => Promise<boolean>,
  width: number = 6,
): Promise<number> {
  const directory = await mkdtemp(join(root, "sweep-"));
  const failures: Error[] = [];
  let nth = 0;
  let struck = 0;
  let survived = 0;
  const worker = async (): Promise<void> => {
    while (survived < SURVIVORS && failures.length < MAX_FAILURES && nth < ENOUGH) {
      nth += 1;
      try {
        if (await attempt(nth, directory)) struck += 1;
        else survived += 1;
      } catch (error) {
        failures.push(error as Error);
      }
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
  if (failures.length > 0) {
    const messages = failures.map(({ message }) => message);
    throw new AggregateError(failures, messages.join("\n"), { cause: failures[0] });
  }
  if (survived < SURVIVORS) throw new Error("no attempt comes through without a fault");
  const open = await openFilesBelow(directory);
  if (open && open.length > 0) throw new Error(`still open: ${open.join(", ")}`);
  return struck;
}
