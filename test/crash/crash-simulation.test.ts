import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { checkBoot, checkEnd } from "../support/crash/crash-oracle.js";
import { type Program, programs } from "../support/crash/crash-program.js";
import { CrashRun } from "../support/crash/crash-run.js";
import type { DataFate } from "../support/crash-medium-loss.js";
import type { Lie } from "../support/crash-medium-port.js";

// Random programs on a simulated disk, each crashed at a random operation, by the death of the
// process or of the machine, and in most runs crashed again while it recovers. 1,000 programs;
// LEAFLOG_LONG=1 runs 100,000.
const LONG = process.env.LEAFLOG_LONG === "1";
const RUNS = LONG ? 100_000 : 1000;
const TIMEOUT_MS = LONG ? 7_200_000 : 600_000;
/** Far more than it takes to catch a lie. */
const LYING_RUNS = 1000;
/** Programs under way at once: some of their time they wait for timers. */
const LANES = 20;
const SHRINK_MS = 20_000;

const IN_ORDER: readonly DataFate[] = ["lost", "kept", "prefix", "zeros"];

const { emitWarning } = process;

beforeAll(() => {
  // A writer that crashed cannot give its lock back and says so.
  process.emitWarning = () => undefined;
});

afterAll(() => {
  process.emitWarning = emitWarning;
});

async function simulate(program: Program, whole: boolean, lie?: Lie): Promise<CrashRun> {
  const run = new CrashRun(program, lie);
  for (const life of program.lives) {
    await run.live(life);
    checkBoot(run, life.crash);
    if (life.crash.loss) run.base = run.content;
  }
  await checkEnd(run, whole);
  return run;
}

/** Has random programs simulated in several lanes. The first that fails is shrunk for a while. */
async function simulateMany(
  program: fc.Arbitrary<Program>,
  runs: number,
  whole: boolean,
): Promise<void> {
  let failing: number | undefined;
  let failedAt = Number.POSITIVE_INFINITY;
  const lane = async (number: number): Promise<void> => {
    const property = fc.asyncProperty(program, async (drawn) => {
      if (failing !== undefined && failing !== number) return;
      if (performance.now() - failedAt > SHRINK_MS) return;
      try {
        await simulate(drawn, whole);
      } catch (error) {
        failing ??= number;
        if (failing !== number) return;
        failedAt = Math.min(failedAt, performance.now());
        throw error;
      }
    });
    await fc.assert(property, { numRuns: Math.ceil(runs / LANES) });
  };
  const outcomes = await Promise.allSettled(Array.from({ length: LANES }, (_, n) => lane(n)));
  for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
}

test("crashes lose nothing that was promised", { timeout: TIMEOUT_MS }, async () => {
  await simulateMany(programs(IN_ORDER), RUNS, true);
});

// Of one write that was not synced, a medium may keep the end and lose the middle. Then entries of
// it that nobody was promised may stand behind a gap, and hide from the branch what came before.
// Still nothing that was promised is lost from the file, no byte changes, and it can be gone on with.
test("sectors that reach the medium out of order cost no promised entry", {
  timeout: TIMEOUT_MS,
}, async () => {
  await simulateMany(programs([...IN_ORDER, "sectors"]), RUNS / 4, false);
});

test.each<Lie>([
  "datasync",
  "sync",
  "syncDirectory",
  "split write",
])("the simulation notices a port that lies: %s", async (lie) => {
  const property = fc.asyncProperty(programs(IN_ORDER), async (program) => {
    await simulate(program, true, lie);
  });
  const { failed } = await fc.check(property, { numRuns: LYING_RUNS, endOnFailure: true });
  expect(failed).toBe(true);
});
