import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { StatsReport } from "../../src/cli/stats/stats-report.js";
import { HEADER_LINE, linkedLine } from "../support/lines.js";
import { runCli } from "../support/run.js";
import { tempDirectory } from "../support/temp-directory.js";

const at = (second: number) => ({ timestamp: `2026-01-01T00:00:0${second}.000Z` });

const ENTRIES = [
  linkedLine("q", null, { ...at(5), message: { role: "user", content: "?" } }),
  linkedLine("a", "q", {
    ...at(1),
    message: {
      role: "assistant",
      provider: "acme",
      model: "m-1",
      usage: { input: 10, output: 2, cacheRead: 3, cacheWrite: 4, cost: { total: 0.5 } },
    },
  }),
  linkedLine("a2", "q", {
    message: { role: "assistant", provider: "acme", model: "m-1", usage: { input: 1 } },
  }),
  linkedLine("c", "a2", { type: "compaction", summary: "sum" }),
  linkedLine("r", "c", { message: { role: "toolResult", toolName: "bash", content: "ok" } }),
  linkedLine("lost", "nowhere"),
  linkedLine("l", "r", { type: "leaf", targetId: "r" }),
];
const lengthOf = (...indexes: number[]): number =>
  indexes.reduce((sum, index) => sum + ENTRIES[index]!.length - 1, 0);

test("tells of what the bytes are", async () => {
  const file = join(await tempDirectory(), "transcript.jsonl");
  await writeFile(file, `${HEADER_LINE}${ENTRIES.join("")}no json\n`);
  const { code, stdout, stderr } = await runCli(["stats", file, "--json"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const report = JSON.parse(stdout) as StatsReport;
  expect(report).toMatchObject({
    entries: 7,
    entryBytes: lengthOf(0, 1, 2, 3, 4, 5, 6),
    span: { first: "2026-01-01T00:00:01.000Z", last: "2026-01-01T00:00:05.000Z", seconds: 4 },
    tools: [{ name: "bash", entries: 1, bytes: lengthOf(4), longest: lengthOf(4) }],
    models: [
      {
        name: "acme/m-1",
        messages: 2,
        input: 11,
        output: 2,
        cacheRead: 3,
        cacheWrite: 4,
        cost: 0.5,
      },
    ],
    tree: {
      roots: 2,
      forks: 1,
      detached: 1,
      branch: { entries: 4, bytes: lengthOf(0, 2, 3, 4), compactions: 1 },
      sinceCompaction: { entries: 1, bytes: lengthOf(4) },
    },
  });
  expect(report.types.map(({ name, entries }) => [name, entries])).toEqual([
    ["message", 5],
    ["compaction", 1],
    ["leaf", 1],
  ]);
  expect(report.roles.map(({ name }) => name)).toEqual(["assistant", "user", "toolResult"]);
  expect(report.longest[0]).toMatchObject({ id: "a", label: "assistant", length: lengthOf(1) });
  expect(report.longest).toHaveLength(7);
  const lengths = report.longest.map(({ length }) => length);
  expect(lengths).toEqual([...lengths].sort((a, b) => b - a));

  const plain = (await runCli(["stats", file])).stdout;
  expect(plain).toMatch(/^entries: +7 \(0 linear, 0 oversized\)/m);
  expect(plain).toMatch(/^branch: +4 entries from the leaf, .*; 3 entries are not on it$/m);
  expect(plain).toMatch(/^compactions: 1 on the branch; since then 1 entries/m);
  expect(plain).toMatch(/^ {2}acme\/m-1: 2 messages, tokens 11 in, .*, cost 0.50$/m);
});

test("takes an empty transcript; fails with 74 on a missing file", async () => {
  const file = join(await tempDirectory(), "transcript.jsonl");
  await writeFile(file, "");
  const { code, stdout } = await runCli(["stats", file]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^time: +no entry has a timestamp$/m);
  expect((await runCli(["stats", `${file}.none`])).code).toBe(74);
});
