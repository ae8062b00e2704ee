import { expect, test } from "vitest";
import { jsonObject } from "../../src/base/json-object.js";

test("members come of whole objects alone", () => {
  expect(jsonObject(' {"a":1,"a":[2]}\n')).toEqual({ a: [2] });
  for (const text of [
    undefined,
    "",
    "null",
    "5",
    '"{}"',
    "[1]",
    '{"a":1',
    '{"a":1}{}',
    "\ufeff{}",
  ]) {
    expect(jsonObject(text)).toBeUndefined();
  }
});
