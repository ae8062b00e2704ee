import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseAroundTexts } from "../../src/read/long-texts.js";

const LONG = 65_536;
const image = (length = LONG, sign = "i"): string => sign.repeat(length);

/** What is made of a line, and how many characters of JSON were parsed for it. */
function parsed(line: string | Buffer): { value: object | undefined; characters: number } {
  let characters = 0;
  const value = parseAroundTexts(Buffer.from(line), (json) => {
    characters += json.length;
    return jsonOf(json);
  });
  return { value, characters };
}

function jsonOf(json: string): object | undefined {
  try {
    return JSON.parse(json) as object;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

describe("a line with long texts", () => {
  it.each<[string, object]>([
    ["one", { type: "message", message: { content: [{ type: "image", data: image() }] } }],
    ["several", { a: image(LONG, "a"), b: [image(LONG + 1, "b"), { c: image(400_001, "c") }] }],
    ["behind escapes", { 'q"\\': '\\"\\\\"', text: 'say "no"\n\\', data: image() }],
    ["beside other characters", { é: "😀—", data: image(), "\u2028": "naïve" }],
    ["in a member of an odd name", JSON.parse(`{"__proto__":"${image()}","constructor":1}`)],
    ["within such a member", JSON.parse(`{"__proto__":{"toString":["${image()}"]}}`)],
    ["of every plain character", { data: image(2000, [...plainCharacters()].join("")) }],
  ])("is parsed around them: %s", (_, value) => {
    const line = JSON.stringify(value);
    const { value: found, characters } = parsed(line);
    expect(JSON.stringify(found)).toBe(line);
    expect(Object.keys(found ?? {})).toEqual(Object.keys(value));
    expect(characters).toBeLessThan(1000);
  });

  it.each<[string, string]>([
    ["the text is short", `{"data":"${image(LONG - 1)}"}`],
    ["there is none", `{"data":[${"1,".repeat(LONG)}1]}`],
    ["it has an escape", `{"data":"${image()}\\n"}`],
    ["it has a quote", `{"data":"${image()}\\"${image()}"}`],
    ["it is not ASCII", `{"data":"${image()}é"}`],
    ["it has a control character", `{"data":"${image()}\t"}`],
    ["it does not end", `{"data":"${image()}`],
    ["it is a name", `{"${image()}":1}`],
    ["a later member has its name", `{"data":"${image()}","data":1}`],
    ["there is much besides", `{"data":"${image()}","rest":[${"1,".repeat(LONG)}1]}`],
    ["it comes late", `{"list":[${'"",'.repeat(300)}0],"data":"${image()}"}`],
    ["the line is cut", `{"data":"${image()}","id":`],
    ["the line is two", `{"data":"${image()}"}{}`],
    ["there is no comma", `{"data":"${image()}""id":1}`],
  ])("is left to others where %s", (_, line) => {
    expect(parsed(line).value).toBeUndefined();
  });

  it("is what JSON.parse makes of it, wherever it lies and whatever a byte of it becomes", () => {
    const values = fc.array(
      fc.oneof(
        fc.integer({ min: LONG, max: LONG + 9 }).map((length) => image(length)),
        fc.string({ unit: "binary", maxLength: 9 }),
        fc.constantFrom('\\"', '"\\', 'x\\\\"', null, 1.5, [], {}, { "": "" }),
      ),
      { minLength: 1, maxLength: 6 },
    );
    const anyByte = fc.constantFrom(...Buffer.from('"\\,:{}[]x\n\u0000\u001fé 0'));
    let around = 0;
    fc.assert(
      fc.property(
        values,
        fc.boolean(),
        fc.nat(),
        anyByte,
        fc.nat(7),
        (list, edit, at, byte, pad) => {
          const json = JSON.stringify({ type: "message", list, end: list[0] });
          const bytes = Buffer.from(" ".repeat(pad) + json).subarray(pad);
          // Near the ends, where there is more than the texts' inside.
          if (edit) bytes[at % 2 ? at % 60 : bytes.length - 1 - (at % 60)] = byte;
          const { value } = parsed(bytes);
          if (value === undefined) return;
          around += 1;
          expect(JSON.stringify(value)).toBe(JSON.stringify(jsonOf(bytes.toString())));
        },
      ),
      { numRuns: 400 },
    );
    expect(around).toBeGreaterThan(100);
  });

  it("does not change with the line that it came from", () => {
    const line = Buffer.from(JSON.stringify({ data: image(300_000) }));
    const value = parseAroundTexts(line, jsonOf);
    line.fill(0);
    expect(value).toEqual({ data: image(300_000) });
  });
});

function* plainCharacters(): Generator<string> {
  for (let code = 0x20; code < 0x80; code += 1) {
    const character = String.fromCharCode(code);
    if (character !== '"' && character !== "\\") yield character;
  }
}
