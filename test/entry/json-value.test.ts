import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { jsonText } from "../../src/entry/json-value.js";
import { openTranscript } from "../../src/index.js";
import { tempDirectory } from "../support/temp-directory.js";

class Point {
  x = 1;
}
class Sealed {
  readonly #secret = 1;
  get secret(): number {
    return this.#secret;
  }
}

const hole = [1, 2];
delete hole[0];

const LOST: [string, unknown, string][] = [
  ["NaN", { n: [1, Number.NaN] }, "data.n.1"],
  ["an infinity", { deep: { n: Number.NEGATIVE_INFINITY } }, "data.deep.n"],
  ["a Map", { m: new Map([[1, 2]]) }, "data.m"],
  ["an empty Set", new Set(), "data"],
  ["a function", { f: () => 1 }, "data.f"],
  ["a symbol", { "a b": Symbol("s") }, 'data["a b"]'],
  ["undefined in a list", [undefined], "data.0"],
  ["a hole", { hole }, "data.hole.0"],
  ["a typed array", new Uint8Array(2), "data"],
  ["a buffer", { bytes: new ArrayBuffer(2) }, "data.bytes"],
  ["an error", new Error("no"), "data"],
  ["a pattern", [/x/], "data.0"],
  ["a promise", Promise.resolve(1), "data"],
  ["a boxed NaN", Object(Number.NaN), "data"],
  ["an invalid date", { at: new Date(Number.NaN) }, "data.at"],
  ["a class that hides its content", { s: new Sealed() }, "data.s"],
  ["search parameters", new URLSearchParams("a=1"), "data"],
  ["a toJSON that returns NaN", { v: { toJSON: () => Number.NaN } }, "data.v"],
  ["a toJSON that returns nothing", { v: [{ toJSON: () => undefined }] }, "data.v.0"],
];

describe("JSON of a value says what the value says", () => {
  test.each(LOST)("%s is refused, and where it is", async (_, data, path) => {
    await using transcript = await openTranscript(`${await tempDirectory()}/a.jsonl`);
    const rejected = expect(transcript.append({ type: "custom", data })).rejects;
    await rejected.toMatchObject({
      code: "LEAFLOG_NOT_SERIALIZABLE",
      message: expect.stringContaining(`\`${path}\` is`) as string,
    });
    expect(await transcript.tail(1)).toEqual([]);
  });

  test("what JSON can hold is written as JSON.stringify writes it", () => {
    const shared = { s: 1 };
    const held = {
      date: new Date(0),
      bytes: Buffer.from("a"),
      url: new URL("http://localhost/"),
      point: new Point(),
      boxed: [Object(1), Object("a"), Object(false)],
      bare: Object.create(null) as object,
      elsewhere: runInNewContext("({ empty: {}, list: [] })") as object,
      left: undefined,
      twice: [shared, shared],
      own: { toJSON: (name: string) => name },
    };
    expect(jsonText(held)).toBe(JSON.stringify(held));
  });

  test("any JSON value is written, however it is mixed with what is looked at twice", () => {
    const value = fc.letrec((tie) => ({
      node: fc.oneof(
        fc.jsonValue(),
        fc.date({ noInvalidDate: true }),
        fc.array(tie("node")),
        fc.dictionary(fc.string(), fc.oneof(tie("node"), fc.constant(undefined))),
      ),
    })).node;
    fc.assert(
      fc.property(value, (data) => {
        expect(jsonText({ data })).toBe(JSON.stringify({ data }));
      }),
    );
  });

  test("nothing is lost anywhere without a word", () => {
    const lost = fc.constantFrom(Number.NaN, new Map(), () => 1, Symbol("s"), new Date(Number.NaN));
    const around = fc.array(fc.oneof(fc.constant("list"), fc.string()), { maxLength: 8 });
    fc.assert(
      fc.property(fc.jsonValue(), lost, around, (other, value, names) => {
        const wrap = (inner: unknown, name: string): unknown =>
          name === "list" ? [other, inner] : { other, [name]: inner };
        const root = { root: names.reduce(wrap, value as unknown) };
        expect(() => jsonText(root)).toThrow(/JSON cannot hold this entry/);
      }),
    );
  });
});
