import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { classifyLine, LineClassifier } from "../../src/scan/lines/line-classifier.js";
import type { LineFacts } from "../../src/scan/lines/line-facts.js";
import { classifyInChunks, expectFacts } from "../support/scan/facts-oracle.js";
import { brokenLine, objectText, valueText } from "../support/scan/json-text.js";

const factsOf = (text: string | Buffer): Omit<LineFacts, "spans"> => {
  const { spans: _, ...facts } = classifyLine(Buffer.from(text));
  return facts;
};

describe("the classifier agrees with JSON.parse", () => {
  it("on objects", () => {
    fc.assert(
      fc.property(objectText, (text) => {
        const line = Buffer.from(text);
        expectFacts(line, classifyLine(line));
      }),
      { numRuns: 1500 },
    );
  });

  it("on any JSON text", () => {
    fc.assert(
      fc.property(valueText, (text) => {
        const line = Buffer.from(text);
        expectFacts(line, classifyLine(line));
      }),
      { numRuns: 500 },
    );
  });

  it("on JSON with broken bytes", () => {
    fc.assert(
      fc.property(brokenLine, (line) => expectFacts(line, classifyLine(line))),
      { numRuns: 3000 },
    );
  });

  it("on arbitrary bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 8 }), (bytes) => {
        const line = Buffer.from(bytes);
        expectFacts(line, classifyLine(line));
      }),
      { numRuns: 1000 },
    );
  });

  it("whatever the chunks", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          objectText.map((text) => Buffer.from(text)),
          brokenLine,
        ),
        fc.integer({ min: 1, max: 64 }),
        (line, chunkBytes) => {
          expect(classifyInChunks(line, chunkBytes)).toStrictEqual(classifyLine(line));
        },
      ),
      { numRuns: 1500 },
    );
  });

  it.each([
    '{"type":"message","\\u0069d":"a\\ud83d\\ude00\\"\u{1f600}","parentId":null,"message":{"role":"us\\u0065r"}}',
    '{"batch":{"index":1.0e0,"size":-0,"size":12},"version":-1.25e+10,"x":[true,false,null,[{}]]}\r',
    ' {"compaction":1,"firstKeptEntryIndex" : 17 ,"targetId":"\u00e9","type":"leaf"} ',
    "-12.5e-7",
    '{"id":tru}',
    '{"id":"\\u12g4"}',
    '{"id":1.}',
  ])("wherever %s is cut", (text) => {
    const line = Buffer.from(text);
    const whole = classifyLine(line);
    expectFacts(line, whole);
    const classifier = new LineClassifier();
    for (let first = 0; first <= line.length; first += 1) {
      for (let second = first; second <= line.length; second += 1) {
        classifier.push(line, 0, first);
        classifier.push(line, first, second);
        classifier.push(line, second);
        expect(classifier.finish()).toStrictEqual(whole);
      }
    }
  });
});

describe("a line", () => {
  it.each(["", " ", "\t \r", "\r"])("of white space %j is blank", (text) => {
    expect(factsOf(text)).toStrictEqual({ kind: "blank" });
  });

  it.each([
    "\u0000\u0000\u0000",
    '{"id":"a"}\u0000',
    '{"id":"a"}{"id":"b"}',
    '{"id":"a"',
    '{"id":"a\u0001"}',
    "\ufeff{}",
    "\u00a0{}",
    "\u2028{}",
    '{"id":"\\x"}',
    '{"a":01}',
    '{"a":+1}',
    '{"a":.5}',
    '{"a":1e}',
    '{"a":-}',
    '{"a":1,}',
    "[1,]",
    "[,1]",
    "{,}",
    "{]",
    "[}",
    "]",
    "nul",
    "nulll",
    "NaN",
    "'a'",
  ])("%j is malformed", (text) => {
    expect(factsOf(text)).toStrictEqual({ kind: "malformed" });
  });

  it.each([
    "1",
    '"session"',
    "null",
    "[]",
    '[{"id":"a","parentId":null}]',
    " true\r",
  ])("%j is a value", (text) => expect(factsOf(text)).toStrictEqual({ kind: "value" }));

  it("is linked with a string id and a parentId that is a string or null", () => {
    expect(factsOf('{"id":"a","parentId":null}').kind).toBe("linked");
    expect(factsOf('{"id":"a","parentId":"b"}').kind).toBe("linked");
    expect(factsOf('{"id":"","parentId":""}').kind).toBe("linked");
  });

  it("is linear without a parentId, whatever its id", () => {
    expect(factsOf("{}")).toStrictEqual({ kind: "linear" });
    expect(factsOf('{"id":"a"}').kind).toBe("linear");
    expect(factsOf('{"message":{"parentId":"a"},"x":"\\"parentId\\":1"}').kind).toBe("linear");
  });

  it("is unlinked when id or parentId is of another type", () => {
    expect(factsOf('{"id":"a","parentId":1}')).toStrictEqual({ kind: "unlinked", id: "a" });
    expect(factsOf('{"id":1,"parentId":null}').kind).toBe("unlinked");
    expect(factsOf('{"parentId":null}').kind).toBe("unlinked");
  });

  it("is a header when its type is session, linked or not", () => {
    expect(factsOf('{"type":"session","version":3,"id":"s"}')).toStrictEqual({
      kind: "header",
      type: "session",
      version: 3,
      id: "s",
    });
    expect(factsOf('{"type":"session","id":"s","parentId":null}').kind).toBe("header");
  });

  it("counts the last of duplicate keys", () => {
    expect(factsOf('{"message":{"role":"a"},"message":5}')).toStrictEqual({ kind: "linear" });
    expect(factsOf('{"message":{"role":"a","role":5}}').messageRole).toBeUndefined();
    expect(factsOf('{"batch":{"index":0,"size":2,"size":"2"}}').batch).toBeUndefined();
    expect(factsOf('{"batch":{"index":0,"index":null,"size":2}}').batch).toBeUndefined();
    expect(factsOf('{"version":1,"version":"1"}').version).toBeUndefined();
    expect(factsOf('{"batch":{"index":0,"size":2},"batch":{"index":0}}').batch).toBeUndefined();
    expect(factsOf('{"batch":{"index":0,"size":1,"size":2}}').batch).toEqual({ index: 0, size: 2 });
    expect(factsOf('{"parentId":"a","id":"b","parentId":{}}').kind).toBe("unlinked");
    expect(factsOf('{"id":"a","id":["b"],"\\u0069d":"c"}').id).toBe("c");
  });

  it("looks for a role only right inside message", () => {
    expect(factsOf('{"role":"a","message":[{"role":"b"}]}')).toStrictEqual({ kind: "linear" });
    expect(factsOf('{"message":{"x":{"role":"a"},"size":2}}')).toStrictEqual({ kind: "linear" });
    expect(factsOf('{"batch":{"role":"a"},"message":{"role":"b"}}').messageRole).toBe("b");
  });

  it("may hold anything in a string that UTF-8 decoding survives", () => {
    for (const raw of ["\u2028", "\u0085", "\u007f", "\ufeff"]) {
      expect(factsOf(`{"id":"${raw}"}`).id).toBe(raw);
    }
    const invalid = Buffer.from('{"id":"a?b"}');
    invalid[8] = 0xff;
    expect(factsOf(invalid).id).toBe("a\ufffdb");
    expect(factsOf('{"id":"\\ud800"}').id).toBe("\ud800");
  });

  it("is told by the bytes between start and end alone", () => {
    const buffer = Buffer.from('xx{"id":"a"}yy');
    expect(classifyLine(buffer, 2, 12)).toStrictEqual(classifyLine(Buffer.from('{"id":"a"}')));
  });
});

describe("size", () => {
  const nested = (depth: number, open: string, inner: string, close: string): Buffer =>
    Buffer.from(open.repeat(depth) + inner + close.repeat(depth));

  it("follows a million levels and refuses more than 1,048,576", () => {
    expect(classifyLine(nested(100_000, '{"id":', '"a"', "}")).kind).toBe("linear");
    expect(classifyLine(nested(100_000, '[{"a":', "[]", "}]")).kind).toBe("value");
    expect(classifyLine(nested(1_000_000, "[", "", "]")).kind).toBe("value");
    expect(classifyLine(nested(1_048_576, "[", "", "]")).kind).toBe("value");
    expect(classifyLine(nested(1_048_577, "[", "", "]")).kind).toBe("malformed");
    expect(classifyLine(Buffer.alloc(10_000_000, "[")).kind).toBe("malformed");
  });

  it("forgets the depth of the line before", () => {
    const classifier = new LineClassifier();
    classifier.push(Buffer.from('{"a":[{"id":"x'));
    classifier.reset();
    classifier.push(Buffer.from('{"id":"b"}'));
    expect(classifier.finish().id).toBe("b");
    classifier.push(Buffer.from("[[1"));
    expect(classifier.finish().kind).toBe("malformed");
    expect(classifier.finish().kind).toBe("blank");
  });

  it.each([
    "type",
    "id",
    "parentId",
    "targetId",
  ])("holds a %s of 65,536 units and no more", (name) => {
    for (const unit of ["x", "é", "\\u0001", "\\ud83c\\udf31", "\u2028"]) {
      const length = (JSON.parse(`"${unit}"`) as string).length;
      const line = (units: number): Buffer => {
        const text = `${unit.repeat(units / length)}${"y".repeat(units % length)}`;
        return Buffer.from(`{"${name}":"${text}","version":7}`);
      };
      for (const chunkBytes of [1000, 65_536, 500_000]) {
        const held = classifyInChunks(line(65_536), chunkBytes);
        expect(held).toMatchObject({ version: 7 });
        expect((held as unknown as Record<string, string>)[name]).toHaveLength(65_536);
        const { spans, ...facts } = classifyInChunks(line(65_538), chunkBytes);
        const kind = name === "parentId" ? "unlinked" : "linear";
        expect(facts).toStrictEqual({ kind, version: 7 });
        expect(spans).toBeDefined();
      }
    }
  });

  it("minds the length of watched texts alone", () => {
    const long = "x".repeat(70_000);
    for (const chunkBytes of [4096, 200_000]) {
      const classify = (text: string) => classifyInChunks(Buffer.from(text), chunkBytes);
      expect(classify(`{"x":"${long}","${long}":"${long}","id":"a"}`).id).toBe("a");
      expect(classify(`{"version":"${long}","message":"${long}"}`).kind).toBe("linear");
      expect(classify(`{"batch":{"${long}":"${long}","index":0,"size":2}}`).batch?.size).toBe(2);
      expect(classify(`{"id":"a","${"\\u0069".repeat(300)}":1}`).id).toBe("a");
    }
  });

  it("knows a watched key however it is escaped", () => {
    const escaped = [..."firstKeptEntryIndex"]
      .map((char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`)
      .join("");
    const line = Buffer.from(`{"${escaped}":4}`);
    expect(classifyInChunks(line, 7).firstKeptEntryIndex).toBe(4);
    expectFacts(line, classifyLine(line));
  });
});

describe("a BOM", () => {
  const withBom = (text: string, chunkBytes: number): LineFacts => {
    const classifier = new LineClassifier();
    classifier.reset(true);
    const line = Buffer.from(text);
    for (let at = 0; at < line.length; at += chunkBytes) {
      classifier.push(line, at, Math.min(line.length, at + chunkBytes));
    }
    return classifier.finish();
  };

  it("is passed over at the start of the file, once, and counted in spans", () => {
    for (const chunkBytes of [1, 2, 3, 64]) {
      const facts = withBom('\ufeff {"id":"a"}', chunkBytes);
      expect(facts.id).toBe("a");
      expect(facts.spans?.object).toEqual({ start: 4, end: 14 });
      expect(withBom('{"id":"a"}', chunkBytes).spans?.object.start).toBe(0);
      expect(withBom("\ufeff", chunkBytes).kind).toBe("blank");
      expect(withBom("\ufeff\ufeff{}", chunkBytes).kind).toBe("malformed");
      expect(withBom(" \ufeff{}", chunkBytes).kind).toBe("malformed");
    }
  });

  it("that is cut off is malformed", () => {
    const cut = (bytes: number[]): string => {
      const classifier = new LineClassifier();
      classifier.reset(true);
      classifier.push(Buffer.from(bytes));
      return classifier.finish().kind;
    };
    expect(cut([0xef])).toBe("malformed");
    expect(cut([0xef, 0xbb, 0x7b, 0x7d])).toBe("malformed");
    expect(cut([0xbb, 0xbf])).toBe("malformed");
  });
});
