import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type ChainCheck, checkChain } from "../../src/cli/demo/chain-check.js";
import { openTranscript } from "../../src/index.js";
import { HEADER_LINE, linearLine, linkedLine } from "../support/lines.js";
import { tempDirectory } from "../support/temp-directory.js";

async function check(lines: readonly string[], before?: ChainCheck): Promise<ChainCheck> {
  const file = join(await tempDirectory(), "transcript.jsonl");
  await writeFile(file, HEADER_LINE + lines.join(""));
  await using transcript = await openTranscript(file);
  return checkChain(transcript, before);
}

const demoLine = (id: string, parentId: string | null, writer: number, sequence: number) =>
  linkedLine(id, parentId, { customType: "leaflog-demo", data: { writer, sequence } });

const SOUND = [
  linkedLine("a", null),
  demoLine("b", "a", 0, 0),
  demoLine("c", "b", 1, 0),
  demoLine("d", "c", 0, 1),
];

describe("the chain check", () => {
  test("finds nothing wrong with one chain", async () => {
    expect(await check(SOUND)).toEqual({ entries: 4, linear: 0, problems: [] });
    expect(await check([])).toEqual({ entries: 0, linear: 0, problems: [] });
  });

  test("counts linear entries", async () => {
    const lines = [linearLine(), linearLine()];
    expect(await check(lines)).toEqual({ entries: 2, linear: 2, problems: [] });
  });

  test.each<[string, string[], RegExp]>([
    ["a fork", [...SOUND, linkedLine("e", "c")], /parent c, not d/],
    ["a second root", [...SOUND, linkedLine("e", null)], /parent null, not d/],
    ["a parent that is nowhere", [...SOUND, linkedLine("e", "x")], /parent x, not d/],
    ["a first entry with a parent", [linkedLine("a", "x")], /parent x, not null/],
    ["an id that comes twice", [...SOUND, linkedLine("b", "d")], /id b comes twice/],
    [
      "an entry that is missing",
      [...SOUND, demoLine("e", "d", 1, 2)],
      /writer 1 out of order at 2/,
    ],
    ["an entry that is repeated", [...SOUND, demoLine("e", "d", 0, 1)], /writer 0 out of order/],
    ["a linear entry amid", [...SOUND, linearLine(), linkedLine("e", "x")], /parent x, not d/],
  ])("finds %s", async (_, lines, problem) => {
    const { problems } = await check(lines);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(problem);
  });

  test("tells at which byte", async () => {
    const offset = HEADER_LINE.length + SOUND.join("").length;
    const { problems } = await check([...SOUND, linkedLine("e", "c")]);
    expect(problems[0]).toMatch(new RegExp(`^at ${offset}: `));
  });

  test("lists ten problems and counts the rest", async () => {
    const { problems } = await check(Array.from({ length: 15 }, (_, n) => linkedLine(`${n}`, "x")));
    expect(problems).toHaveLength(11);
    expect(problems.at(-1)).toBe("and 5 more");
  });
});

describe("the chain check after an earlier one", () => {
  const branched = [linkedLine("a", null), linkedLine("b", "a"), demoLine("c", "a", 0, 7)];

  test("passes over the branches and writers that were there", async () => {
    const before = await check(branched);
    expect(before.problems).toHaveLength(2);
    const after = await check([...branched, demoLine("d", "b", 0, 0)], before);
    expect(after).toEqual({ entries: 4, linear: 0, problems: [] });
  });

  test.each<[string, string[], RegExp]>([
    ["a fork", [demoLine("d", "b", 0, 0), demoLine("e", "b", 0, 1)], /parent b, not d/],
    ["a parent that is nowhere", [demoLine("d", "x", 0, 0)], /parent x, not c/],
    ["an id that was there", [demoLine("d", "c", 0, 0), demoLine("b", "d", 0, 1)], /b comes twice/],
    ["disorder", [demoLine("d", "c", 0, 1)], /writer 0 out of order at 1/],
  ])("finds %s behind them", async (_, lines, problem) => {
    const { problems } = await check([...branched, ...lines], await check(branched));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(problem);
  });

  test("stays strict with a transcript that was sound", async () => {
    const before = await check(SOUND);
    const { problems } = await check([...SOUND, linkedLine("e", "c")], before);
    expect(problems).toHaveLength(1);
  });
});
