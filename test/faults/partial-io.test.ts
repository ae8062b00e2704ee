import { expect, test, vi } from "vitest";
import type { Strike } from "../support/fault-port.js";
import {
  dying,
  failing,
  readingShort,
  writingShort,
  writingThenFailing,
} from "../support/fault-strikes.js";
import { Attempt } from "../support/faults/attempt.js";
import { SCENARIOS, type Scenario } from "../support/faults/scenario.js";
import { sweep } from "../support/faults/sweep.js";
import type { PortCall } from "../support/intercepted-file-system.js";
import { tempDirectory } from "../support/temp-directory.js";

// The attempts wait much, for stale locks.
vi.setConfig({ maxConcurrency: 40 });

interface Fault {
  readonly name: string;
  readonly strike: Strike;
  readonly matches?: (call: PortCall) => boolean;
  /** Whether the scenario has operations that it befalls. */
  readonly befalls?: (scenario: Scenario) => boolean;
}

const named =
  (...names: string[]) =>
  ({ name }: PortCall): boolean =>
    names.includes(name);

const writes = named("file.write");
const syncs = named("file.datasync", "file.sync", "syncDirectory");
const rewritesOrSyncs = ({ migrated, options }: Scenario): boolean =>
  migrated !== undefined || options?.durability === "synced";

const FAULTS: readonly Fault[] = [
  {
    name: "a read that hands out half",
    strike: readingShort,
    matches: named("file.read"),
    befalls: ({ before }) => before !== undefined,
  },
  { name: "a write of nothing", strike: writingShort(0), matches: writes },
  { name: "a write of half", strike: writingShort(0.5), matches: writes },
  { name: "a write of all but a byte", strike: writingShort(0.999), matches: writes },
  {
    name: "ENOSPC after half of a write",
    strike: writingThenFailing(0.5, "ENOSPC"),
    matches: writes,
  },
  {
    name: "EFBIG after half of a write",
    strike: writingThenFailing(0.5, "EFBIG"),
    matches: writes,
  },
  { name: "EIO after all of a write", strike: writingThenFailing(1, "EIO"), matches: writes },
  {
    name: "EIO in the middle of a write, and of cutting it back",
    strike: dying(0.7, "EIO"),
    matches: named("file.write", "file.truncate"),
  },
  { name: "EIO in the middle of a write, or of anything", strike: dying(0.5, "EIO") },
  { name: "a failing sync", strike: failing("EIO"), matches: syncs, befalls: rewritesOrSyncs },
];

// One list instead of suites, which vitest would run one behind the other.
const CASES = FAULTS.flatMap(({ befalls = () => true, ...fault }) =>
  SCENARIOS.filter(befalls).map((scenario) => ({ scenario, fault })),
);

test.concurrent.for(CASES)("$scenario.name: $fault.name", async ({ scenario, fault }, context) => {
  const root = await tempDirectory(context);
  const counts = await Promise.all(
    [true, false].map((once) =>
      sweep(root, (nth, directory) => Attempt.make(directory, scenario, { ...fault, nth, once })),
    ),
  );
  for (const count of counts) expect(count).toBeGreaterThan(0);
});
