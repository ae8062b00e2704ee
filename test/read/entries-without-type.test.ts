import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  openTranscript,
  readBranch,
  readEntries,
  readLeaf,
  repairTranscript,
  verifyTranscript,
} from "../../src/index.js";
import { claudeLine } from "../support/format-lines.js";
import { HEADER_LINE, linkedLine } from "../support/lines.js";
import { tempDirectory } from "../support/temp-directory.js";

const line = (entry: object): string => `${JSON.stringify(entry)}\n`;
const FIRST = HEADER_LINE + linkedLine("a", null);

/** What a file holds, its leaf, its branch and its entries; all lines but the last two are JSON. */
const CASES: readonly (readonly [string, string, string, string[], number])[] = [
  ["linked", FIRST + line({ id: "b", parentId: "a" }), "b", ["b", "a"], 2],
  [
    "linked, its type a number",
    FIRST + line({ type: 5, id: "b", parentId: "a" }),
    "b",
    ["b", "a"],
    2,
  ],
  [
    "Claude Code's",
    claudeLine("user", "a", null) + line({ parentUuid: "a", uuid: "b", isSidechain: false }),
    "b",
    ["b", "a"],
    2,
  ],
  [
    "Claude Code's, a note that is nobody's parent",
    claudeLine("user", "a", null) + line({ sessionId: "s", note: 1 }),
    "a",
    ["a"],
    2,
  ],
  [
    "linked, two on one line",
    FIRST + line({ id: "b", parentId: "a" }).trim() + line({ id: "c", parentId: "b" }),
    "c",
    ["c", "b", "a"],
    1,
  ],
];

test.each(
  CASES,
)("%s: a row without a type is what its links say, to everybody", async (_, content, leaf, branch, entries) => {
  const file = join(await tempDirectory(), "t.jsonl");
  await writeFile(file, content);
  const idsOf = async (items: AsyncIterable<{ entry?: Record<string, unknown> }>) => {
    const ids = [];
    for await (const { entry } of items) ids.push(entry?.uuid ?? entry?.id);
    return ids;
  };
  expect(await readLeaf(file)).toMatchObject({ id: leaf, shape: "linked" });
  expect(await idsOf(readBranch(file))).toEqual(branch);
  expect(await idsOf(readEntries(file))).toHaveLength(entries);
  const before = await verifyTranscript(file);
  expect(before.counts.entries).toBe(entries);
  expect(before.leaf).toMatchObject({ id: leaf });
  expect(before.links?.branchLength).toBe(branch.length);
  const repair = await repairTranscript(file);
  expect(repair.changed).toBe(!before.ok);
  // Every byte but the newlines between records is as it was.
  const joined = (text: string): string => text.replaceAll("\n", "");
  expect(joined(await readFile(file, "utf8"))).toBe(joined(content));
  expect(await readLeaf(file)).toMatchObject({ id: leaf });
  await using transcript = await openTranscript(file);
  const { id, parentId } = await transcript.append({ type: "custom" });
  expect(parentId).toBe(leaf);
  expect(await idsOf(readBranch(file))).toEqual([id, ...branch]);
  expect(await verifyTranscript(file)).toMatchObject({ ok: true });
});

test("linear rows without a type are linked by migration and by repair alike", async () => {
  const content = FIRST + line({ n: 1 }) + line({ id: "z" }) + line({});
  const parents = async (change: (file: string) => Promise<unknown>) => {
    const file = join(await tempDirectory(), "t.jsonl");
    await writeFile(file, content);
    await change(file);
    const all = (await readFile(file, "utf8")).trim().split("\n").slice(1);
    const rows = all.map((text) => JSON.parse(text) as Record<string, unknown>);
    expect(await verifyTranscript(file)).toMatchObject({ ok: true });
    return rows.slice(0, 4).map(({ parentId }) => rows.findIndex(({ id }) => id === parentId));
  };
  const appended = parents(async (file) => {
    await using transcript = await openTranscript(file);
    await transcript.append({ type: "custom" });
  });
  expect(await appended).toEqual([-1, 0, 1, 2]);
  expect(await parents((file) => repairTranscript(file))).toEqual([-1, 0, 1, 2]);
});
