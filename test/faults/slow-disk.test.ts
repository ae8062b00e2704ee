import { describe, expect, test, vi } from "vitest";
import { lasting } from "../support/fault-strikes.js";
import { Attempt } from "../support/faults/attempt.js";
import { LINKED_APPEND, MIGRATING_APPEND, SCENARIOS } from "../support/faults/scenario.js";
import { sweep } from "../support/faults/sweep.js";
import { tempDirectory } from "../support/temp-directory.js";

// The attempts do nothing but wait.
vi.setConfig({ maxConcurrency: 40 });

// Nothing fails on a slow disk: no error was injected that could be the cause of one.
test.concurrent.for(SCENARIOS)("5 ms more for each operation: $name", async (scenario, context) => {
  const root = await tempDirectory(context);
  const plan = { strike: lasting(5), nth: 1, once: false };
  expect(await Attempt.make(root, scenario, plan)).toBe(true);
});

describe("200 ms more for any one operation", () => {
  const scenarios = [LINKED_APPEND, MIGRATING_APPEND];
  test.concurrent.for(scenarios)("$name", async (scenario, context) => {
    const root = await tempDirectory(context);
    const struck = await sweep(
      root,
      (nth, directory) =>
        Attempt.make(directory, scenario, { strike: lasting(200), nth, once: true }),
      40,
    );
    expect(struck).toBeGreaterThan(12);
  });
});
