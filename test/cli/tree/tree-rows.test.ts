import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EntryTree, NONE } from "../../../src/cli/tree/entry-tree.js";
import { foldingFor, type TreeRow, treeRows } from "../../../src/cli/tree/tree-rows.js";
import { TRANSCRIPT_FORMATS } from "../../../src/entry/transcript-format.js";

/** A tree by the parent of each entry; null for none. The last entry is the leaf. */
async function treeOf(parents: readonly (number | null)[], users: readonly number[] = []) {
  const tree = new EntryTree(TRANSCRIPT_FORMATS.pi);
  for (const [node, parent] of parents.entries()) {
    const role = users.includes(node) ? "user" : "assistant";
    const parentId = parent === null ? null : `e${parent}`;
    const entry = { type: "message", id: `e${node}`, parentId, message: { role } };
    tree.add({ entry, offset: node * 10, length: 9 });
  }
  await tree.finish(parents.length === 0 ? null : `e${parents.length - 1}`, false);
  return tree;
}

async function rowsOf(tree: EntryTree, budget: number | undefined): Promise<TreeRow[]> {
  const folding = await foldingFor(tree, budget, async () => undefined);
  return [...treeRows(tree, folding)].filter((row) => row !== undefined);
}

const chain = (length: number): (number | null)[] =>
  Array.from({ length }, (_, node) => (node === 0 ? null : node - 1));

const anyParents: fc.Arbitrary<(number | null)[]> = fc
  .array(fc.option(fc.double({ min: 0, max: 0.999, noNaN: true }), { freq: 12 }), {
    maxLength: 60,
  })
  .map((places) =>
    places.map((place, node) => {
      if (place === null || node === 0) return null;
      // Mostly the entry before.
      return place < 0.7 ? node - 1 : Math.floor(((place - 0.7) / 0.3) * node);
    }),
  );

/** Text of a row: its node, or how many entries and branches it stands for. */
function short(row: TreeRow): string {
  const indent = " ".repeat(row.depth);
  if (row.kind === "fold") return `${indent}(${row.entries}, ${row.branches})`;
  return `${indent}${row.leaves ? "-" : ""}${row.node}`;
}

describe("the rows of a tree", () => {
  test("stand for every entry once, whatever is folded", async () => {
    await fc.assert(
      fc.asyncProperty(
        anyParents,
        fc.option(fc.integer({ min: 1, max: 70 }), { nil: undefined }),
        async (parents, budget) => {
          const tree = await treeOf(parents);
          const rows = await rowsOf(tree, budget);
          const count = rows.reduce((sum, row) => sum + (row.kind === "fold" ? row.entries : 1), 0);
          expect(count).toBe(parents.length);
          const shown = rows.flatMap((row) => (row.kind === "entry" ? [row.node] : []));
          expect(new Set(shown).size).toBe(shown.length);
          if (budget === undefined) expect(shown).toHaveLength(parents.length);
          if (parents.length > 0) expect(shown).toContain(tree.leaf);
        },
      ),
      { numRuns: 300 },
    );
  });

  test("come behind those of their parents, a line in a column of its own", async () => {
    await fc.assert(
      fc.asyncProperty(anyParents, async (parents) => {
        const tree = await treeOf(parents);
        const depths = new Map<number, number>();
        for (const row of await rowsOf(tree, undefined)) {
          if (row.kind === "fold") throw new Error("nothing is to be folded");
          const parent = tree.parentOf(row.node);
          const above = parent === NONE ? 0 : depths.get(parent);
          expect(row.leaves).toBe(parent !== NONE && tree.mainOf(parent) !== row.node);
          expect(row.depth).toBe(above === undefined ? Number.NaN : above + (row.leaves ? 1 : 0));
          depths.set(row.node, row.depth);
        }
      }),
    );
  });

  test("fold a chain of any length but for its ends and what a user said", async () => {
    const tree = await treeOf(chain(100_000), [50_000]);
    const rows = await rowsOf(tree, 20);
    expect(rows.map(short)).toEqual([
      "0",
      "(49999, 0)",
      "50000",
      "(49996, 0)",
      "99997",
      "99998",
      "99999",
    ]);
  });

  test("draw branches before the rest of the line, as long as there is room", async () => {
    // 0-1-2-…-19, with a branch 20-21-22 at 5 and a branch of one, 23, at 10; 24 goes on from 19.
    const parents = [...chain(20), 5, 20, 21, 10, 19];
    const tree = await treeOf(parents);
    expect((await rowsOf(tree, 20)).map(short)).toEqual([
      "0",
      "(4, 0)",
      "5",
      " -20",
      " 21",
      " 22",
      "(4, 0)",
      "10",
      " -23",
      "(7, 0)",
      "18",
      "19",
      "24",
    ]);
    expect((await rowsOf(tree, 12)).map(short)).toEqual([
      "0",
      "(4, 0)",
      "5",
      " -20",
      " 21",
      " 22",
      "(13, 1)",
      "18",
      "19",
      "24",
    ]);
    expect((await rowsOf(tree, 8)).map(short)).toEqual(["0", "(21, 2)", "18", "19", "24"]);
  });

  test("are few for a thousand branches and trees, and for branches in branches", async () => {
    const wide = await treeOf([null, ...Array.from({ length: 5000 }, () => 0)]);
    expect((await rowsOf(wide, 50)).map(short)).toEqual(["0", "(4999, 4999)", "5000"]);
    const trees = await treeOf(Array.from({ length: 5000 }, () => null));
    expect((await rowsOf(trees, 50)).length).toBeLessThan(4);
    // Each entry has a branch that has a branch …
    const nested = await treeOf(
      Array.from({ length: 20_000 }, (_, node) => (node === 0 ? null : Math.floor((node - 1) / 2))),
    );
    expect((await rowsOf(nested, 100)).length).toBeLessThanOrEqual(100);
  });

  test("take no call stack for branches deep in branches", async () => {
    // Every second entry is a branch that leaves the line; the leaf is at the top.
    const depth = 60_000;
    const parents: (number | null)[] = [null];
    for (let level = 0; level < depth; level += 1) {
      const at = parents.length === 1 ? 0 : parents.length - 1;
      parents.push(at, at);
    }
    const rows = await rowsOf(await treeOf(parents), undefined);
    expect(rows).toHaveLength(parents.length);
  });
});
