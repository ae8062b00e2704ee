import type { Figure, Target } from "./target.js";

const KiB = 1024;

/** Everything that leaflog sets out to reach, as data; `--reach` prints what a run came to. */
export const TARGETS: readonly Target[] = [
  ...awaited("300 B, new file"),
  ...inTheLongForm(awaited("300 B, 64 MB file")),
  ...awaited("4 KB, new file"),
  ...inTheLongForm(awaited("4 KB, 64 MB file")),

  outstanding("sonic-boom", "sonic-boom as it comes", 2.5),
  outstanding("sonic-boom tuned", "sonic-boom tuned", 0.9),
  outstanding("appendFile, 64 in flight", "appendFile, 64 in flight", 8),
  outstanding("node:sqlite", "node:sqlite", 2.5),
  outstanding("OpenClaw", "OpenClaw", 175),
  gap("outstanding", "outstanding", undefined, "leaflog", 8),

  synced("64 in flight", "one by one", "64 in flight against one write + fdatasync at a time", 10),
  synced("64 in flight", "64 in flight", "64 in flight against the same, a sync each", 2),
  synced("one by one", "one by one", "one by one against write + fdatasync", 0.8),

  manyFiles("one by one each"),
  ...inTheLongForm([manyFiles("10 in flight each")]),
  gap("200 files at once", "many-files", "200 files, one by one", "leaflog", 12),

  {
    question: "4 processes on one file",
    asks: "against a lock per append",
    of: rate("many-processes", "4 processes", "leaflog"),
    per: rate("many-processes", "4 processes", "lock per append"),
    atLeast: 15,
  },
  {
    question: "4 processes on one file",
    asks: "against one process",
    of: rate("many-processes", "4 processes", "leaflog"),
    per: rate("many-processes", "1 process", "leaflog"),
    atLeast: 0.6,
  },

  {
    question: "cold append",
    asks: "time, the largest file against 1 MB",
    of: cold(["4 GB", "1 GB"], "leaflog"),
    per: cold("1 MB", "leaflog"),
    atMost: 1.2,
  },
  {
    question: "cold append",
    asks: "64 MB, against pi's open + append",
    of: cold("64 MB", "pi"),
    per: cold("64 MB", "leaflog"),
    atLeast: 1000,
  },
  {
    question: "cold append",
    asks: "64 MB, against OpenClaw",
    of: cold("64 MB", "OpenClaw"),
    per: cold("64 MB", "leaflog"),
    atLeast: 2.5,
  },

  ...bounded("stream", "reading", undefined, "leaflog entries()"),
  ...bounded("verify", "verify", undefined, "leaflog verify"),
  ...bounded("migrate", "migrate", undefined, "leaflog migrate"),
  ...bounded("branch of 100,000", "reading", "branch", "leaflog branch()"),
  ...bounded("append behind a 128 MB line", "long-line", "128 MB", "leaflog"),
  ...bounded("reading a 128 MB line", "long-line", "128 MB", "leaflog entries()"),
  ...bounded("verifying a 128 MB line", "long-line", "128 MB", "leaflog verify"),

  {
    question: "entries()",
    asks: "against readline + JSON.parse",
    of: { question: "reading", arm: "leaflog entries()", value: "megabytesPerSecond" },
    per: { question: "reading", arm: "readline + JSON.parse", value: "megabytesPerSecond" },
    atLeast: 1.5,
  },

  started("import", "an empty module", 45),
  started("leaf", "node -e 0", 100),

  ...[
    ["10000 opened", "1000 opened"],
    ["10000 appended to", "1000 appended to"],
  ].map(
    (names): Target => ({
      question: "memory per open idle transcript",
      asks: "heap and buffers",
      of: { question: "idle-memory", case: names, arm: "leaflog", value: "bytesEach" },
      atMost: 4 * KiB,
      unit: "bytes",
    }),
  ),
];

/** Their questions ask for too much to be part of every run. */
function inTheLongForm(targets: readonly Target[]): Target[] {
  return targets.map((target) => ({ ...target, form: "full" }));
}

function rate(question: string, name: string, arm: string): Figure {
  return { question, case: name, arm, value: "rate" };
}

function awaited(name: string): Target[] {
  const against = (arm: string, what: string, atLeast: number): Target => ({
    question: "awaited one by one",
    asks: `${name}, against ${what}`,
    of: rate("awaited", name, "leaflog"),
    per: rate("awaited", name, arm),
    atLeast,
  });
  return [
    against("floor", "the floor", 0.6),
    against("appendFile", "fs.promises.appendFile", 1.4),
    against("OpenClaw", "OpenClaw", 28),
  ];
}

function outstanding(arm: string, what: string, atLeast: number): Target {
  return {
    question: "outstanding",
    asks: `against ${what}`,
    of: { question: "outstanding", arm: "leaflog", value: "rate" },
    per: { question: "outstanding", arm, value: "rate" },
    atLeast,
  };
}

function manyFiles(lanes: string): Target {
  const name = `200 files, ${lanes}`;
  return {
    question: "200 files at once",
    asks: `${lanes}, against appendFile`,
    of: rate("many-files", name, "leaflog"),
    per: rate("many-files", name, "appendFile"),
    atLeast: 2,
  };
}

function synced(name: string, against: string, asks: string, atLeast: number): Target {
  return {
    question: "synced",
    asks,
    of: rate("synced", name, "leaflog synced"),
    per: rate("synced", against, "floor + fdatasync"),
    atLeast,
  };
}

function started(name: string, bare: string, atMost: number): Target {
  const ms = (arm: string): Figure => ({ question: "start", case: name, arm, value: "ms" });
  return {
    question: "start",
    asks: `${name}, above ${bare}`,
    of: ms("leaflog"),
    above: ms(bare),
    atMost,
    unit: "ms",
  };
}

function cold(name: string | string[], arm: string): Figure {
  return { question: "cold-append", case: name, arm, value: "ms" };
}

function gap(
  what: string,
  question: string,
  name: string | undefined,
  arm: string,
  atMost: number,
): Target {
  return {
    question: what,
    asks: "worst gap above idle",
    of: { question, ...(name !== undefined && { case: name }), arm, value: "gapAboveIdleMs" },
    atMost,
    unit: "ms",
  };
}

/** Work that takes long has to let others run, and to do with little memory. */
function bounded(what: string, question: string, name: string | undefined, arm: string): Target[] {
  const slices = gap(what, question, name, arm, 8);
  return [
    slices,
    {
      question: what,
      asks: "peak memory",
      of: { ...slices.of, value: "peakMb" },
      atMost: 110,
      unit: "MB",
    },
  ];
}
