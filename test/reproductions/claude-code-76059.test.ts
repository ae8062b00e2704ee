// Runs of NUL behind or before a record, and records on one line, are what a power loss, a full disk
// and writers without a lock leave. Whole records among them are the newest turns, and count.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  openTranscript,
  readBranch,
  readEntry,
  readLeaf,
  repairTranscript,
  verifyTranscript,
} from "../../src/index.js";
import { HEADER_LINE, linkedLine } from "../support/lines.js";
import { runCli } from "../support/run.js";
import { tempDirectory } from "../support/temp-directory.js";

const record = (id: string, parentId: string | null) => linkedLine(id, parentId).trimEnd();
const NULS = "\u0000".repeat(9000);
const WHOLE = HEADER_LINE + linkedLine("a", null) + linkedLine("b", "a");

const DAMAGED: [string, string, string][] = [
  ["two records on the last line", `${WHOLE}${record("c", "b")}${record("d", "c")}\n`, "d"],
  [
    "a cut one before a whole one",
    `${WHOLE}${record("x", "b").slice(0, 20)}${record("c", "b")}\n`,
    "c",
  ],
  ["NULs behind a record", `${WHOLE}${record("c", "b")}${NULS}\n`, "c"],
  ["the same without a newline", `${WHOLE}${record("c", "b")}${NULS}`, "c"],
  ["NULs before a record", `${WHOLE}${NULS}${record("c", "b")}\n`, "c"],
  ["a line of nothing but NULs behind them", `${WHOLE}${record("c", "b")}${NULS}\n${NULS}\n`, "c"],
  [
    "all entries on one line",
    `${HEADER_LINE}${record("a", null)}${record("b", "a")}${record("c", "b")}\n`,
    "c",
  ],
  [
    "a line longer than what a scan holds",
    `${WHOLE}${linkedLine("c", "b", { text: "x".repeat(1_500_000) }).trimEnd()}${record("d", "c")}\n`,
    "d",
  ],
];

async function fileOf(content: string): Promise<string> {
  const file = join(await tempDirectory(), "t.jsonl");
  await writeFile(file, content);
  return file;
}

async function branchIds(file: string): Promise<unknown[]> {
  const ids: unknown[] = [];
  for await (const { entry } of readBranch(file)) ids.push(entry?.id);
  return ids;
}

describe.each(DAMAGED)("%s", (_, content, leafId) => {
  test("the leaf, the branch and an append count them as verify does", async () => {
    const file = await fileOf(content);
    expect(await readLeaf(file)).toMatchObject({ id: leafId, shape: "linked" });
    const before = await branchIds(file);
    expect(before[0]).toBe(leafId);
    expect(before.at(-1)).toBe("a");
    const { links } = await verifyTranscript(file);
    expect(before).toHaveLength(links?.branchLength ?? 0);
    await using transcript = await openTranscript(file);
    const first = await transcript.append({ type: "custom", id: "next" });
    expect(first).toMatchObject({ parentId: leafId });
    expect(first.tornTail ?? first.damagedLine).toMatchObject({ offset: expect.any(Number) });
    const second = await transcript.append({ type: "custom", id: "last" });
    expect(second).not.toHaveProperty("damagedLine");
    expect(await branchIds(file)).toEqual(["last", "next", ...before]);
    expect((await readEntry(file, leafId))?.entry).toMatchObject({ id: leafId });
  });

  test("the branch is the same before and after a repair", async () => {
    const file = await fileOf(content);
    const before = await branchIds(file);
    await repairTranscript(file, { backup: false });
    expect(await branchIds(file)).toEqual(before);
    expect(await verifyTranscript(file)).toMatchObject({
      ok: true,
      links: { forks: { total: 0 } },
    });
  });
});

test("the command line says that the last line is no JSON", async () => {
  const file = await fileOf(`${WHOLE}${record("c", "b")}${NULS}\n`);
  const { stdout, stderr } = await runCli(["leaf", file]);
  expect(stdout).toBe("c\n");
  expect(stderr).toMatch(/^leaflog: the last line .* leaflog repair .* tells what can be saved\n$/);
});

test("a line of many records is gone through without holding them", async () => {
  const count = 20_000;
  const all = Array.from({ length: count }, (_, n) =>
    record(`e${n}`, n === 0 ? null : `e${n - 1}`),
  );
  const file = await fileOf(`${HEADER_LINE}${all.join("")}\n`);
  expect(await readLeaf(file)).toMatchObject({ id: `e${count - 1}` });
  expect((await branchIds(file)).at(-1)).toBe("e0");
});
