import fc from "fast-check";
import type { Durability } from "../../../src/index.js";
import type { DataFate, NameFate, PowerLoss } from "../crash-medium-loss.js";
import { HEADER_LINE, linearLine, linkedLine } from "../lines.js";

/** One call that appends; `sizes` are the bytes of the entries' texts. */
export interface AppendStep {
  readonly do: "append";
  readonly durability: Durability;
  readonly sizes: readonly number[];
}

export type Step =
  | AppendStep
  /** Calls that are made at once, and share a group commit. */
  | { readonly do: "burst"; readonly calls: readonly AppendStep[] }
  /** Moves the leaf: to nothing, to an id that is not there, or to an entry that is. */
  | { readonly do: "leaf"; readonly durability: Durability; readonly pick: number }
  /** Hands to the medium all that was written. */
  | { readonly do: "flush" }
  | { readonly do: "migrate"; readonly backup: boolean }
  /** Closes all handles and opens the transcript anew. */
  | { readonly do: "reopen" }
  /** Another program appends, without the lock. */
  | { readonly do: "foreign"; readonly text: string };

/** How a life ends: by the death of the process, or of the machine. */
export interface Crash {
  readonly loss: PowerLoss | undefined;
  readonly at: number;
  readonly part: number;
}

/** The steps of one process, or of a machine from boot to crash. */
export interface Life {
  readonly steps: readonly Step[];
  readonly crash: Crash;
  /** Before which operation another program appends a line, if at all. */
  readonly foreignAt: number | undefined;
}

export interface Program {
  /** The transcript when it all begins, synced; undefined for none, `directory` for not even that. */
  readonly initial: string | undefined;
  readonly directory: boolean;
  readonly lives: readonly Life[];
}

export const FOREIGN_LINE: string = linearLine({ foreign: true });

const OLD = HEADER_LINE.replace('"version":3,', "");
const LINKED = HEADER_LINE + linkedLine("old-1", null) + linkedLine("old-2", "old-1");
const LINEAR = OLD + linearLine({ n: 1 }) + linearLine({ n: 2 }) + linearLine({ n: 3 });

const durability = fc.constantFrom<Durability>("synced", "written");
const size = fc.oneof(
  { weight: 6, arbitrary: fc.nat(200) },
  { weight: 2, arbitrary: fc.integer({ min: 300, max: 3000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 4000, max: 12_000 }) },
);
const append = fc.record({
  do: fc.constant("append" as const),
  durability,
  sizes: fc.oneof(
    { weight: 3, arbitrary: size.map((bytes) => [bytes]) },
    { weight: 2, arbitrary: fc.array(size, { minLength: 2, maxLength: 4 }) },
  ),
});

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: append },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("burst" as const),
      calls: fc.array(append, { minLength: 2, maxLength: 4 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("leaf" as const),
      durability,
      pick: fc.nat(20),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: "flush" as const }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant("migrate" as const), backup: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.constant({ do: "reopen" as const }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("foreign" as const),
      text: fc.constantFrom(
        FOREIGN_LINE,
        FOREIGN_LINE.trimEnd(),
        '{"type":"message","text":"hal',
        "\0".repeat(30),
      ),
    }),
  },
);

function crash(fates: readonly DataFate[]): fc.Arbitrary<Crash> {
  const loss = fc.record({
    data: fc.constantFrom(...fates),
    names: fc.constantFrom<NameFate>("lost", "kept", "prefix", "subset", "subset"),
    sectorBytes: fc.constantFrom(512, 4096),
    picks: fc.array(fc.nat(0xffff), { minLength: 6, maxLength: 12 }),
  });
  return fc.record({
    loss: fc.option(loss, { nil: undefined, freq: 2 }),
    at: fc.oneof(fc.nat(8), fc.nat(30)),
    part: fc.nat(20).map((twentieths) => twentieths / 20),
  });
}

function life(fates: readonly DataFate[], maxLength: number): fc.Arbitrary<Life> {
  return fc.record({
    steps: fc.array(step, { minLength: 1, maxLength }),
    crash: crash(fates),
    foreignAt: fc.option(fc.nat(10), { nil: undefined, freq: 2 }),
  });
}

/** Programs whose machine may crash in such ways; in most of them a recovery crashes too. */
export function programs(fates: readonly DataFate[]): fc.Arbitrary<Program> {
  const any = fc.record({
    initial: fc.constantFrom(
      undefined,
      LINKED,
      LINEAR,
      `${LINEAR}{"type":"mess`,
      LINKED.trimEnd(),
      `${LINKED}{"type":"mess`,
      HEADER_LINE,
      "",
    ),
    directory: fc.boolean(),
    lives: fc
      .tuple(life(fates, 6), fc.array(life(fates, 2), { maxLength: 2 }))
      .map(([first, later]) => [first, ...later]),
  });
  // The few steps of a migration are seldom met by chance.
  const migrating = fc.record({
    initial: fc.constant(LINEAR),
    directory: fc.constant(true),
    lives: life(fates, 1).map(({ crash, foreignAt }) => [
      { steps: [{ do: "migrate" as const, backup: true }], crash, foreignAt },
    ]),
  });
  return fc.oneof({ weight: 4, arbitrary: any }, { weight: 1, arbitrary: migrating });
}
