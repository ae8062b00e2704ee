import * as fc from "fast-check";
import { WATCHED } from "../watched-names.js";

const escapeAll = (text: string): string =>
  [...Buffer.from(text, "utf16le").toString("utf16le")]
    .flatMap((char) => Array.from({ length: char.length }, (_, unit) => char.charCodeAt(unit)))
    .map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`)
    .join("");

const space = fc.constantFrom("", "", "", " ", "\t", "\r", "\n ");
const rawString = fc.oneof(
  fc.string({ unit: "binary", maxLength: 12 }).map((text) => JSON.stringify(text)),
  fc.constantFrom(
    '"session"',
    '"leaf"',
    '"a"',
    '"\\ud800"',
    '"\\n\\"\\\\\\/\\b"',
    '"\u2028\u{1f600}"',
  ),
);
const key = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...WATCHED).map((name) => JSON.stringify(name)) },
  { weight: 1, arbitrary: fc.constantFrom(...WATCHED).map((name) => `"${escapeAll(name)}"`) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('"__proto__"', '"constructor"', '""', '"\\u0069d"', '"i\\u0064"'),
  },
  { weight: 1, arbitrary: rawString },
);
const number = fc.oneof(
  fc.integer({ min: 0, max: 4 }).map(String),
  fc.constantFrom("-0", "1.0", "2e0", "1e400", "-1.5E-3", "9007199254740993", "0.0e+1"),
  fc.double({ noDefaultInfinity: true, noNaN: true }).map((value) => JSON.stringify(value)),
);

const spaced = (parts: string[][], open: string, close: string): string =>
  `${open}${parts.map((part) => part.join("")).join(",")}${close}`;

const { object, value } = fc.letrec<{ value: string; object: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    rawString,
    number,
    fc.constantFrom("null", "true", "false", "{}", "[]", "[ ]"),
    fc
      .array(fc.tuple(space, tie("value"), space), { maxLength: 3 })
      .map((items) => spaced(items, "[", "]")),
    tie("object"),
  ),
  object: fc
    .array(fc.tuple(space, key, space, fc.constant(":"), space, tie("value"), space), {
      maxLength: 7,
    })
    .map((members) => spaced(members, "{", "}")),
}));

/** Texts of JSON objects with the keys leaflog watches, duplicates, escapes and odd spacing. */
export const objectText: fc.Arbitrary<string> = fc
  .tuple(space, object, space)
  .map((parts) => parts.join(""));

/** Any JSON text. */
export const valueText: fc.Arbitrary<string> = fc
  .tuple(space, value, space)
  .map((parts) => parts.join(""));

/** Lines that are JSON but for a few bytes, which may be anything. */
export const brokenLine: fc.Arbitrary<Buffer> = fc
  .tuple(
    fc.oneof(objectText, valueText),
    fc.array(
      fc.record({
        at: fc.nat(),
        drop: fc.nat({ max: 3 }),
        insert: fc.oneof(
          fc.uint8Array({ maxLength: 3 }).map((bytes) => Buffer.from(bytes)),
          fc.constantFrom(...'{}[]",:\\ue+-.0'.split("")).map((text) => Buffer.from(text)),
        ),
      }),
      { minLength: 1, maxLength: 3 },
    ),
  )
  .map(([text, edits]) => {
    let line: Buffer = Buffer.from(text);
    for (const { at, drop, insert } of edits) {
      const cut = at % (line.length + 1);
      line = Buffer.concat([line.subarray(0, cut), insert, line.subarray(cut + drop)]);
    }
    return line;
  });
