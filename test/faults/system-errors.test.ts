import { expect, test, vi } from "vitest";
import { failing } from "../support/fault-strikes.js";
import { Attempt } from "../support/faults/attempt.js";
import { SCENARIOS } from "../support/faults/scenario.js";
import { sweep } from "../support/faults/sweep.js";
import type { PortCall } from "../support/intercepted-file-system.js";
import { tempDirectory } from "../support/temp-directory.js";

// The attempts wait much: for locks that look taken, and for stale ones.
vi.setConfig({ maxConcurrency: 40 });

interface Code {
  readonly code: string;
  /** The operations that may say so. @default all, those of the lock among them */
  readonly matches?: (call: PortCall) => boolean;
}

const spaceTaking = ({ name, args }: PortCall): boolean =>
  /^(mkdir|rename|link|utimes|file\.(write|datasync|sync))$/.test(name) ||
  (name === "open" && args[1] === "create");
const growing = ({ name }: PortCall): boolean => name === "file.write";
const opening = ({ name }: PortCall): boolean => /^(open|readdir|syncDirectory)$/.test(name);

const CODES: readonly Code[] = [
  { code: "EIO" },
  { code: "EACCES" },
  // On the lock these two count as another holder, for two seconds.
  { code: "EPERM" },
  { code: "EBUSY" },
  { code: "ENOSPC", matches: spaceTaking },
  { code: "EFBIG", matches: growing },
  { code: "EMFILE", matches: opening },
];

// One list instead of suites, which vitest would run one behind the other.
const CASES = SCENARIOS.flatMap((scenario) => CODES.map((fault) => ({ scenario, fault })));

test.concurrent.for(
  CASES,
)("$scenario.name: $fault.code of any one operation, or of all from one on", async ({
  scenario,
  fault,
}, context) => {
  const root = await tempDirectory(context);
  const strike = failing(fault.code);
  const counts = await Promise.all(
    [true, false].map((once) =>
      sweep(root, (nth, directory) =>
        Attempt.make(directory, scenario, { ...fault, strike, nth, once }),
      ),
    ),
  );
  for (const count of counts) expect(count).toBeGreaterThan(fault.matches ? 0 : 12);
});
