import { migrateTranscript, type Transcript, type TranscriptOptions } from "../../../src/index.js";
import { HEADER_LINE, type Line, linearLine, linkedLine } from "../lines.js";

/** What an act may use. */
export interface Stage {
  readonly file: string;
  readonly options: TranscriptOptions;
  /** The one handle of the attempt, opened on the first call. */
  open(): Promise<Transcript>;
}

/** One thing that leaflog does, with what is on the disk before and after. */
export interface Scenario {
  readonly name: string;
  /** The old file; undefined for none, its directory missing too. */
  readonly before: string | undefined;
  /** The file halfway: migrated, with nothing appended yet. */
  readonly migrated?: string;
  /** What the new file has behind the old one, or behind the migrated one. */
  readonly added: readonly Pick<Line, "id" | "parentId">[];
  readonly options?: TranscriptOptions;
  /** Milliseconds that the lock is kept without work. @default 0 */
  readonly idleMs?: number;
  readonly act: (stage: Stage) => Promise<unknown>;
}

const LINKED = HEADER_LINE + linkedLine("a", null) + linkedLine("b", "a");
const LINEAR = HEADER_LINE + linearLine({ id: "a" }) + linearLine({ id: "b" });
const MIGRATED = LINEAR.replace(/\{(?="type":"message")/, '{"parentId":null,').replace(
  /\{(?="type":"message".*"b"\})/,
  '{"parentId":"a",',
);

const append = async ({ open }: Stage) => (await open()).append({ type: "message", id: "c" });
const transact = async ({ open }: Stage) =>
  (await open()).transaction(async (tx) => tx.append({ type: "message", id: "c" }));
const one = (parentId: string | null) => [{ id: "c", parentId }];

export const LINKED_APPEND: Scenario = {
  name: "an append",
  before: LINKED,
  added: one("b"),
  act: append,
};

export const SYNCED_APPEND: Scenario = {
  ...LINKED_APPEND,
  name: "a synced append",
  options: { durability: "synced" },
};

export const FIRST_APPEND: Scenario = {
  name: "a first append",
  before: undefined,
  added: one(null),
  act: append,
};

export const MIGRATING_APPEND: Scenario = {
  name: "an append that migrates",
  before: LINEAR,
  migrated: MIGRATED,
  added: one("b"),
  act: append,
};

/** Everything that is swept. */
export const SCENARIOS: readonly Scenario[] = [
  LINKED_APPEND,
  SYNCED_APPEND,
  FIRST_APPEND,
  {
    ...FIRST_APPEND,
    name: "a synced first append",
    options: { durability: "synced" },
  },
  {
    name: "an append, then close",
    before: LINKED,
    added: one("b"),
    idleMs: 1000,
    act: async (stage) => {
      await append(stage);
      await (await stage.open()).close();
    },
  },
  {
    name: "a batch",
    before: LINKED,
    added: [
      { id: "c", parentId: "b" },
      { id: "d", parentId: "c" },
      { id: "e", parentId: "d" },
    ],
    act: async ({ open }) =>
      (await open()).appendBatch(["c", "d", "e"].map((id) => ({ type: "message", id }))),
  },
  {
    name: "an append behind a cut line",
    before: `${LINKED}{"type":"message","id":"x","par`,
    added: one("b"),
    act: append,
  },
  {
    name: "an append behind an entry without newline",
    before: LINKED.trimEnd(),
    added: one("b"),
    act: append,
  },
  {
    name: "a raw append",
    before: LINEAR,
    added: [{ id: "c" }],
    options: { linear: "raw" },
    act: append,
  },
  MIGRATING_APPEND,
  { ...LINKED_APPEND, name: "a transaction", act: transact },
  {
    ...LINKED_APPEND,
    name: "a transaction with asynchronous looks",
    options: { look: "async" },
    act: transact,
  },
  { ...FIRST_APPEND, name: "a first transaction", act: transact },
  {
    name: "a migration",
    before: LINEAR,
    migrated: MIGRATED,
    added: [],
    act: ({ file, options: { fileSystem, lock } }) =>
      migrateTranscript(file, {
        settleMs: 20,
        ...(fileSystem && { fileSystem }),
        ...(lock && { lock }),
      }),
  },
];
