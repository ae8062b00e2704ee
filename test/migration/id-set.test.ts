import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { IdSet } from "../../src/rewrite/id-set.js";

test("it holds what a map of marks holds", () => {
  const id = fc.oneof(fc.string(), fc.constantFrom("", "a", "b", "aa", "\u0000", "\ud800"));
  fc.assert(
    fc.property(
      fc.array(fc.tuple(id, fc.integer({ min: 1, max: 255 })), { size: "large" }),
      (all) => {
        const set = new IdSet();
        const model = new Map<string, number>();
        for (const [key, marks] of all) {
          const before = model.get(key) ?? 0;
          expect(set.mark(key, marks)).toBe(before);
          model.set(key, before | marks);
          expect(set.size).toBe(model.size);
        }
        for (const [key, marks] of model) expect(set.marks(key)).toBe(marks);
        expect(set.marks("not there at all")).toBe(0);
        expect(set.size).toBe(model.size);
      },
    ),
  );
});

test("200,000 ids of each usual kind stay apart", () => {
  const kinds: ((index: number) => string)[] = [
    (index) => String(index),
    (index) => index.toString(16).padStart(8, "0"),
    (index) => `${index}`.padEnd(40, "x"),
    () => randomUUID(),
  ];
  const set = new IdSet();
  for (const [kind, make] of kinds.entries()) {
    for (let index = 0; index < 200_000 / kinds.length; index += 1) {
      if (set.mark(`${make(index)}/${kind}`, 1) !== 0) expect.fail(`${make(index)} met another`);
    }
  }
  expect(set.size).toBe(200_000);
});
