import fc from "fast-check";
import { expect, test } from "vitest";
import { haveSameBody } from "../../src/keys/same-body.js";

/** What says the same, with its members in sorted order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) =>
    typeof member === "object" && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}

const throughJson = (value: object): object => JSON.parse(JSON.stringify(value)) as object;

test("two bodies are the same when their canonical JSON is", () => {
  const small = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom(0, -0, 1, "", "a", null, true),
      tie("list"),
      tie("object"),
    ),
    list: fc.array(tie("value"), { maxLength: 2 }),
    object: fc.dictionary(fc.constantFrom("a", "b", "0", "length", "__proto__"), tie("value"), {
      maxKeys: 2,
    }),
  }));
  const object = small.object as fc.Arbitrary<object>;
  fc.assert(
    fc.property(object, object, (left, right) => {
      const [a, b] = [throughJson(left), throughJson(right)];
      expect(haveSameBody(a, b)).toBe(canonical(a) === canonical(b));
      expect(haveSameBody(a, a)).toBe(true);
    }),
    { numRuns: 2000 },
  );
});

test("id, parent, timestamp and batch do not matter, the order of members neither", () => {
  const volatile = { id: "a", parentId: "b", timestamp: "c", batch: { index: 0, size: 2 } };
  expect(haveSameBody({ ...volatile, x: 1, y: { p: 1, q: 2 } }, { y: { q: 2, p: 1 }, x: 1 })).toBe(
    true,
  );
  expect(haveSameBody({ x: { id: "a" } }, { x: { id: "b" } })).toBe(false);
  expect(haveSameBody({ x: 1 }, { x: 1, y: undefined })).toBe(false);
});

test("deep nesting is no matter of the stack", () => {
  const deep = () => {
    let value: unknown = [];
    for (let depth = 0; depth < 200_000; depth += 1) value = [value];
    return { value };
  };
  expect(haveSameBody(deep(), deep())).toBe(true);
});
