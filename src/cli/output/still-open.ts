import type { MigrationReport } from "../../migration/migration.js";
import type { Console } from "./command.js";

/** Tells which processes go on writing to a file that was replaced. */
export function noteStillOpen(
  { stillOpen }: Pick<MigrationReport, "stillOpen">,
  console: Console,
): void {
  if (stillOpen === undefined) return;
  console.note(
    `leaflog: the replaced file is still open for writing in process ${stillOpen.join(", ")}, and what that writes from now on is lost: end it, or have it open the file again`,
  );
}
