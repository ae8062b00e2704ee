import { expect, test, vi } from "vitest";
import { ChangedAttempt } from "../support/faults/changed-attempt.js";
import { CHANGES } from "../support/faults/file-change.js";
import { SCENARIOS } from "../support/faults/scenario.js";
import { sweep } from "../support/faults/sweep.js";
import { tempDirectory } from "../support/temp-directory.js";

vi.setConfig({ maxConcurrency: 20 });

const CASES = CHANGES.flatMap((change) => SCENARIOS.map((scenario) => ({ scenario, change })));

test.concurrent.for(CASES)("$scenario.name: the file is $change.name before any operation", async ({
  scenario,
  change,
}, context) => {
  const root = await tempDirectory(context);
  const struck = await sweep(root, (nth, directory) =>
    ChangedAttempt.make(directory, scenario, change, nth),
  );
  expect(struck).toBeGreaterThan(10);
});
