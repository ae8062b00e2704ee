import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EntryGraph, type GraphFacts } from "../../src/read/verify/verify-graph.js";
import { IdTable } from "../../src/read/verify/verify-id-table.js";

interface Entry {
  readonly id: string;
  readonly parent: string | null | undefined;
}

const id = fc.nat(12).map((n) => `i${n}`);
const entries: fc.Arbitrary<Entry[]> = fc.array(
  fc.record({
    id,
    parent: fc.oneof({ weight: 8, arbitrary: id }, fc.constantFrom(null, undefined)),
  }),
  { maxLength: 20 },
);

/** What the graph should find, from maps that hold all of it. */
function model(all: readonly Entry[]) {
  const last = new Map(all.map((entry) => [entry.id, entry.parent]));
  const children = new Map<string, number>();
  const roots: string[] = [];
  const dangling: string[] = [];
  for (const [own, parent] of last) {
    if (parent === null) roots.push(own);
    if (typeof parent !== "string") continue;
    children.set(parent, (children.get(parent) ?? 0) + 1);
  }
  // Also those of which the id is another entry's by now.
  for (const { id: own, parent } of all) {
    if (typeof parent === "string" && !last.has(parent)) dangling.push(own);
  }
  const forks = [...children].filter(([own, count]) => count > 1 && last.has(own));
  const circles = new Set<string>();
  for (const start of last.keys()) {
    const path: string[] = [];
    let at: string | null | undefined = start;
    while (typeof at === "string" && last.has(at) && !path.includes(at)) {
      path.push(at);
      at = last.get(at);
    }
    if (typeof at !== "string" || !path.includes(at)) continue;
    circles.add(path.slice(path.indexOf(at)).sort().join());
  }
  return { roots, dangling, forks, circles, last };
}

describe("the links of any file", () => {
  test("are those of a model that holds all of it", async () => {
    await fc.assert(
      fc.asyncProperty(entries, async (all) => {
        const graph = new EntryGraph(1000, 1000);
        const seen = new Map<string, number>();
        for (const [at, { id: own, parent }] of all.entries()) {
          const earlier = seen.get(own);
          expect(graph.add(own, parent, at * 10)?.offset).toBe(earlier);
          seen.set(own, at * 10);
        }
        const facts = await graph.facts();
        const expected = model(all);
        const named = (list: GraphFacts["roots"]): string[] =>
          list.first.map(({ node }) => all[graph.offsetOf(node) / 10]?.id ?? "").sort();
        expect(named(facts.roots)).toEqual(expected.roots.sort());
        expect(named(facts.dangling)).toEqual(expected.dangling.sort());
        const forks = facts.forks.first.map(({ node, size }) => [
          all[graph.offsetOf(node) / 10]?.id,
          size,
        ]);
        expect(forks.sort()).toEqual(expected.forks.sort());
        expect(facts.cycles.total).toBe(expected.circles.size);
        for (const { node, size } of facts.cycles.first) {
          const own = all[graph.offsetOf(node) / 10]?.id ?? "";
          const circle = [...expected.circles].find((ids) => ids.split(",").includes(own));
          expect(circle?.split(",")).toHaveLength(size);
        }
        for (const own of [...expected.last.keys(), "none"]) {
          // Undefined where ids alone do not tell.
          const found = await graph.branch(own);
          if (found !== undefined) expect(found).toEqual(branch(expected.last, own));
        }
      }),
      { numRuns: 2000 },
    );
  });

  test("do not count beyond what it takes", () => {
    const graph = new EntryGraph(3, 10);
    graph.add("a", null, 0);
    graph.add("b", "a", 1);
    graph.add("c", "b", 2);
    expect(graph.full).toBe(false);
    graph.add("d", "c", 3);
    expect(graph.full).toBe(true);
  });
});

function branch(last: Map<string, string | null | undefined>, start: string) {
  let length = 0;
  let at: string | null | undefined = start;
  while (typeof at === "string" && last.has(at)) {
    length += 1;
    at = last.get(at);
    if (length > last.size) return { whole: false };
  }
  return { length, whole: at === null };
}

test("ids keep their numbers, however many there are", () => {
  const table = new IdTable();
  const count = 200_000;
  for (let at = 0; at < count; at += 1) expect(table.take(`id-${at}`)).toBe(at);
  expect(table.size).toBe(count);
  for (let at = 0; at < count; at += 7) expect(table.find(`id-${at}`)).toBe(at);
  expect(table.find("other")).toBeUndefined();
});
