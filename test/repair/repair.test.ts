import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  openTranscript,
  type RepairChange,
  repairTranscript,
  type VerifyProblem,
  verifyTranscript,
} from "../../src/index.js";
import {
  branchByPi,
  chain,
  HEADER,
  message,
  movedBytes,
  namesBeside,
  repaired,
  text,
  transcript,
} from "../support/repair/repair-fixture.js";

const M = chain(8);
const ids = (...numbers: number[]): string[] => numbers.map((number) => `m${number}`);
const ALL = ids(0, 1, 2, 3, 4, 5, 6, 7);
const without = (...numbers: number[]): string[] => ALL.filter((_, at) => !numbers.includes(at));
const lineOf = (number: number): string => M[number] as string;

interface Fixture {
  readonly name: string;
  readonly content: string;
  readonly problems: readonly VerifyProblem[];
  readonly changes: readonly RepairChange["kind"][];
  /** From the root to the leaf, as pi finds them afterwards. */
  readonly branch: readonly string[];
}

const FIXTURES: readonly Fixture[] = [
  {
    name: "a torn tail that is cut",
    content: text(HEADER, ...M.slice(0, 7)) + lineOf(7).slice(0, 99),
    problems: ["malformed", "tail"],
    changes: ["moved"],
    branch: without(7),
  },
  {
    name: "a torn tail that is whole",
    content: text(HEADER, ...M).slice(0, -1),
    problems: ["tail"],
    changes: ["terminated"],
    branch: ALL,
  },
  {
    name: "a tail of NUL bytes",
    content: `${text(HEADER, ...M)}${"\0".repeat(284)}`,
    problems: ["malformed", "tail"],
    changes: ["moved"],
    branch: ALL,
  },
  {
    name: "a cut line in the middle",
    content: text(HEADER, ...M.slice(0, 3), lineOf(3).slice(0, 80), ...M.slice(4)),
    problems: ["malformed", "dangling"],
    changes: ["moved", "linked"],
    branch: without(3),
  },
  {
    name: "a record behind one that is cut",
    content: text(HEADER, ...M.slice(0, 3), lineOf(3).slice(0, 90) + lineOf(4), ...M.slice(5)),
    problems: ["malformed", "dangling"],
    changes: ["moved", "linked", "separated"],
    branch: without(3),
  },
  {
    name: "fused records",
    content: text(HEADER, ...M.slice(0, 2), M.slice(2, 5).join(""), ...M.slice(5)),
    problems: ["malformed"],
    changes: ["separated"],
    branch: ALL,
  },
  {
    name: "NUL bytes before a record",
    content: text(HEADER, ...M.slice(0, 4), `${"\0".repeat(70_000)}${lineOf(4)}`, ...M.slice(5)),
    problems: ["malformed"],
    changes: ["moved", "separated"],
    branch: ALL,
  },
  {
    name: "a line of garbage",
    content: text(HEADER, ...M.slice(0, 4), "#!garbage", ...M.slice(4)),
    problems: ["malformed"],
    changes: ["moved"],
    branch: ALL,
  },
  {
    name: "a missing header",
    content: text(...M),
    problems: ["header"],
    changes: ["header"],
    branch: ALL,
  },
  {
    name: "a header fused with the first entry",
    content: text(HEADER + lineOf(0), ...M.slice(1)),
    problems: ["header", "malformed"],
    changes: ["separated"],
    branch: ALL,
  },
  {
    name: "a cut header",
    content: text(HEADER.slice(0, 50), ...M),
    problems: ["header", "malformed"],
    changes: ["header", "moved"],
    branch: ALL,
  },
  {
    name: "an entry before the header",
    content: text(lineOf(0), HEADER, ...M.slice(1)),
    problems: ["header"],
    changes: ["header"],
    branch: ALL,
  },
  {
    name: "lost lines",
    content: text(HEADER, lineOf(0), ...M.slice(2, 4), ...M.slice(6)),
    problems: ["dangling"],
    changes: ["linked", "linked"],
    branch: without(1, 4, 5),
  },
  {
    name: "a line that comes twice",
    content: text(HEADER, ...M, lineOf(2)),
    problems: ["duplicate-ids"],
    changes: ["moved"],
    branch: ALL,
  },
  {
    name: "a circle",
    content: text(HEADER, message("m0", "m2"), ...M.slice(1)),
    problems: ["cycles"],
    changes: ["linked"],
    branch: ALL,
  },
  {
    name: "an entry that is its own parent",
    content: text(HEADER, ...M.slice(0, 4), message("m4", "m4"), ...M.slice(5)),
    problems: ["cycles"],
    changes: ["linked"],
    branch: ALL,
  },
];

describe.each(FIXTURES)("$name", ({ content, problems, changes, branch }) => {
  test("is found by verifying and mended by repairing; pi opens the result", async () => {
    const file = await transcript(content);
    expect((await verifyTranscript(file)).problems).toEqual(problems);
    const report = await repaired(file);
    expect(report.changes.first.map(({ kind }) => kind)).toEqual(changes);
    expect(await branchByPi(file)).toEqual(branch);
  });

  test("is no obstacle to appending afterwards", async () => {
    const file = await transcript(content);
    await repairTranscript(file);
    await using after = await openTranscript(file);
    const { parentId } = await after.appendMessage({ role: "user", content: "more" });
    expect(parentId).toBe(branch.at(-1));
  });
});

describe("what is not damaged", () => {
  test("stays as it is, byte for byte", async () => {
    const odd = [
      ' {"id":"a" , "parentId":null,"n":12345678901234567890123,"n":1.0e+2}\r',
      "",
      "  ",
      "[1]",
      '{"type":"message","id":"b","parentId":"a","t":"\\u0041\\ud800é\u2028"}',
      '{"id":5,"parentId":"a"}',
      HEADER,
    ];
    const file = await transcript(`\uFEFF${text(HEADER, ...odd)}`);
    expect(await repairTranscript(file)).toMatchObject({ changed: false, changes: { total: 0 } });
    const content = `${text(HEADER, ...odd, lineOf(0) + lineOf(1))}`;
    const damaged = await transcript(content);
    await repaired(damaged);
    expect(readFileSync(damaged, "utf8")).toBe(text(HEADER, ...odd, lineOf(0), lineOf(1)));
  });

  test("is an empty file, and one of white space", async () => {
    for (const content of ["", "\n", "\r\n \n"]) {
      const file = await transcript(content);
      expect(await repairTranscript(file)).toMatchObject({ changed: false });
      expect(namesBeside(file)).toEqual(["t.jsonl"]);
    }
  });

  test("is a tree whose entries stand in any order", async () => {
    const file = await transcript(text(HEADER, ...M.toReversed()));
    expect(await verifyTranscript(file)).toMatchObject({ ok: true });
    expect(await repairTranscript(file)).toMatchObject({ changed: false });
  });

  test("keeps a BOM at the start, before a new header", async () => {
    const file = await transcript(`\uFEFF${text(...M)}`);
    await repaired(file);
    expect(readFileSync(file, "utf8")).toMatch(/^\uFEFF\{"type":"session"[^\n]*\n\{"type":"mess/);
  });
});

describe("a header", () => {
  test("that is cut gives its id, time and directory to the new one", async () => {
    const cut = HEADER.replace('"cwd":"/work"}', '"cwd":"/work","title":"and so');
    const file = await transcript(text(cut, ...M));
    await repaired(file);
    const [line = ""] = readFileSync(file, "utf8").split("\n");
    expect(JSON.parse(line)).toEqual(JSON.parse(HEADER));
  });

  test("of which no id is left is new", async () => {
    const file = await transcript(text(HEADER.slice(0, 20), ...M));
    const report = await repairTranscript(file, { sessionId: "s-9", cwd: "/there" });
    expect(report.changes.first[0]).toEqual({ kind: "header", from: "new" });
    const [line = ""] = readFileSync(file, "utf8").split("\n");
    expect(JSON.parse(line)).toMatchObject({ version: 3, id: "s-9", cwd: "/there" });
  });

  test("does not take its id from an entry that ran into it", async () => {
    const file = await transcript(text(HEADER.slice(0, 20) + lineOf(0), ...M.slice(1)));
    const { changes } = await repaired(file);
    expect(changes.first[0]).toEqual({ kind: "header", from: "new" });
  });

  test("that is optional is not added", async () => {
    const file = await transcript(text(...M));
    expect(await verifyTranscript(file, { header: "optional" })).toMatchObject({ ok: true });
    expect(await repairTranscript(file, { header: "optional" })).toMatchObject({ changed: false });
  });

  test("of a later version is refused", async () => {
    const file = await transcript(text(HEADER.replace('"version":3', '"version":4'), "x"));
    await expect(repairTranscript(file)).rejects.toMatchObject({ code: "LEAFLOG_BAD_HEADER" });
    expect(namesBeside(file)).toEqual(["t.jsonl"]);
  });
});

describe("mode tail", () => {
  test("mends the end alone", async () => {
    const content = text(lineOf(0) + lineOf(1), "x", lineOf(3));
    const end = `${"\0".repeat(9)}${lineOf(4)}\n\n${lineOf(5)}${lineOf(6).slice(0, 50)}`;
    const file = await transcript(content + end);
    const report = await repairTranscript(file, { mode: "tail" });
    expect(report).toMatchObject({
      mode: "tail",
      changed: true,
      linksChecked: false,
      changes: { counts: { separated: 2, moved: 2, linked: 0, header: 0 } },
    });
    expect(readFileSync(file, "utf8")).toBe(`${content + text(lineOf(4))}\n${text(lineOf(5))}`);
    expect([...movedBytes(report).values()].map(String)).toEqual([
      "\0".repeat(9),
      lineOf(6).slice(0, 50),
    ]);
    expect(await repairTranscript(file, { mode: "tail" })).toMatchObject({ changed: false });
  });

  test("adds the last newline", async () => {
    const file = await transcript(text("x", ...M).slice(0, -1));
    await repairTranscript(file, { mode: "tail", backup: false });
    expect(readFileSync(file, "utf8")).toBe(text("x", ...M));
    expect(namesBeside(file)).toEqual(["t.jsonl"]);
  });

  test("finds nothing to do at an end that is whole", async () => {
    const file = await transcript(text("x", ...M, "", " "));
    expect(await repairTranscript(file, { mode: "tail" })).toMatchObject({ changed: false });
  });
});

test("lines longer than is held at once are taken apart where they lie", async () => {
  const long = (id: string, parentId: string): string =>
    message(id, parentId, "long ".repeat(300_000));
  const zeros = "\0".repeat(3_000_000);
  const content = text(
    HEADER,
    lineOf(0),
    long("a", "m0") + long("b", "a").slice(0, 1_400_000) + long("c", "b"),
    zeros + long("d", "c") + long("e", "d"),
    long("f", "lost"),
  );
  const file = await transcript(content);
  const report = await repaired(file);
  expect(await branchByPi(file)).toEqual(["m0", "a", "c", "d", "e", "f"]);
  expect(report.changes.counts).toMatchObject({ separated: 2, moved: 2, linked: 2 });
  const moved = [...movedBytes(report).values()];
  const cut = Buffer.from(long("b", "a").slice(0, 1_400_000));
  expect(Buffer.concat(moved.slice(0, -1)).equals(cut)).toBe(true);
  expect(moved.at(-1)).toHaveLength(3_000_000);
});

test("an argument that is none is refused", async () => {
  const file = await transcript("");
  await expect(repairTranscript(file, { mode: "all" as "tail" })).rejects.toMatchObject({
    code: "LEAFLOG_INVALID_ARGUMENT",
    message: expect.stringContaining("`all`"),
  });
  await expect(repairTranscript(`${file}.not`)).rejects.toMatchObject({
    code: "LEAFLOG_READ_FAILED",
    cause: { code: "ENOENT" },
  });
});
