import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished, type TestContext } from "vitest";

/**
 * A new directory, symlinks resolved, that is removed when the test ends.
 *
 * @param context a concurrent test has to hand in its own: vitest cannot tell then who calls
 */
export async function tempDirectory(
  context: Pick<TestContext, "onTestFinished"> = { onTestFinished },
): Promise<string> {
  // Registered before the first await, while vitest still knows which test this is.
  let directory: string | undefined;
  context.onTestFinished(async () => {
    if (directory !== undefined) await rm(directory, { recursive: true, force: true });
  });
  directory = await mkdtemp(join(await realpath(tmpdir()), "leaflog-test-"));
  return directory;
}
