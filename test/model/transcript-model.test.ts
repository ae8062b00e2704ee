/**
 * Random sequences of everything that may happen to a transcript, against a model of the design.
 * 1,000 of them; with LEAFLOG_LONG=1 in the environment 20,000. A failure prints its seed, its
 * path and the shortest sequence that still fails; hand the first two to `fc.assert` to see it again.
 */
import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, test, vi } from "vitest";
import { AppendCalls, AppendExpecting, Race, Transact } from "../support/model/append-commands.js";
import type { EntryKind } from "../support/model/command.js";
import {
  Close,
  ForeignAppend,
  Kill,
  Migrate,
  Open,
  Read,
  Tear,
} from "../support/model/other-commands.js";
import { type Policy, TranscriptModel } from "../support/model/transcript-model.js";
import { World } from "../support/model/world.js";
import { tempDirectory } from "../support/temp-directory.js";

const IS_LONG = process.env.LEAFLOG_LONG === "1";
const RUNS = IS_LONG ? 20_000 : 1000;
/** Sequences wait for timers as much as they work: several go on at a time. */
const LANES = 5;
const TIMEOUT_MS = IS_LONG ? 4 * 3_600_000 : 120_000;

vi.setConfig({ maxConcurrency: LANES });

const handle = fc.nat({ max: 11 });
const processName = fc.constantFrom("p", "q");
const kind: fc.Arbitrary<EntryKind> = fc.record({
  is: fc.oneof(
    { weight: 5, arbitrary: fc.constant("message" as const) },
    { weight: 1, arbitrary: fc.constantFrom("to known", "to null", "to unknown") },
  ),
  number: fc.nat({ max: 99 }),
  text: fc.string({ unit: "grapheme", maxLength: 8 }),
});
const kinds = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(kind) },
  { weight: 1, arbitrary: fc.array(kind, { minLength: 2, maxLength: 4 }) },
);
const calls = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(fc.record({ handle, kinds })) },
  { weight: 1, arbitrary: fc.array(fc.record({ handle, kinds }), { minLength: 2, maxLength: 6 }) },
);
const death = fc.record({
  after: fc.nat({ max: 40 }),
  share: fc.double({ min: 0, max: 1, noNaN: true }),
});
const foreign = fc.constantFrom(
  ...(["linked", "linear", "linear with id", "malformed", "half", "unended"] as const),
);
const append = calls.map((made) => new AppendCalls(made));

const commands = fc.commands(
  [
    append,
    append,
    append,
    fc.tuple(handle, fc.boolean()).map((made) => new AppendExpecting(...made)),
    fc
      .tuple(handle, fc.array(kind, { maxLength: 3 }), fc.boolean())
      .map((made) => new Transact(...made)),
    fc
      .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 }))
      .map((made) => new Race(made)),
    processName.map((name) => new Open(name)),
    processName.map((name) => new Open(name)),
    handle.map((number) => new Close(number)),
    fc.tuple(handle, fc.nat({ max: 5 })).map((made) => new Read(...made)),
    foreign.map((made) => new ForeignAppend(made)),
    fc.constantFrom(0, 0.5, 1).map((share) => new Tear(share)),
    processName.map((name) => new Migrate(name)),
    fc.tuple(handle, kinds, death).map((made) => new Kill(...made)),
  ],
  { maxCommands: 40, size: "medium" },
);

describe("a transcript is what the design says", () => {
  const lanes = Array.from({ length: LANES }, (_, lane) => lane + 1);
  test.concurrent.for(lanes)("lane %d", { timeout: TIMEOUT_MS }, async (_, context) => {
    const root = await tempDirectory(context);
    const policy = fc.constantFrom<Policy>("auto", "raw", "reject");
    const property = fc.asyncProperty(policy, commands, async (chosen, sequence) => {
      const model = new TranscriptModel(chosen);
      const world = new World(await mkdtemp(join(root, "run-")));
      await world.open(model, "p");
      await fc.asyncModelRun(() => ({ model, real: world }), sequence);
      await world.end(model);
    });
    await fc.assert(property, { numRuns: RUNS / LANES });
  });
});
