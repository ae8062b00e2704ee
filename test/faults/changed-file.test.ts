import { expect, test, vi } from "vitest";
import { tempDirectory } from "../support/temp-directory.js";
import { ChangedAttempt } from "./changed-attempt.js";
import { CHANGES } from "./file-change.js";
import { SCENARIOS } from "./scenario.js";
import { sweep } from "./sweep.js";

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
