import fc from "fast-check";
import { expect, it } from "vitest";
import { IdSearch } from "../../src/scan/id-search.js";
import type { ScannedLine } from "../../src/scan/lines/scanned-line.js";

const lineOf = (text: string): ScannedLine => ({ bytes: Buffer.from(text) }) as ScannedLine;

it("rules out no line that has the id, however it is written", () => {
  const id = fc.oneof(fc.string({ minLength: 1 }), fc.uuid(), fc.stringMatching(/^[\w-]+$/));
  fc.assert(
    fc.property(id, fc.infiniteStream(fc.nat(9)), (value, choices) => {
      const escaped = [...Array(value.length).keys()].map((at) =>
        choices.next().value < 3
          ? `\\u${value.charCodeAt(at).toString(16).padStart(4, "0")}`
          : JSON.stringify(value.charAt(at)).slice(1, -1),
      );
      const search = new IdSearch(value);
      expect(search.mayBeIn(lineOf(`{"id":${JSON.stringify(value)}}`))).toBe(true);
      expect(search.mayBeIn(lineOf(`{"id":"${escaped.join("")}"}`))).toBe(true);
    }),
  );
});

it("rules out a line of other text, and none that the scan does not hold", () => {
  const search = new IdSearch("e-10");
  expect(search.mayBeIn(lineOf('{"id":"e-1","text":"a\\n\\"b\\""}'))).toBe(false);
  expect(search.mayBeIn({ bytes: undefined } as ScannedLine)).toBe(true);
});
