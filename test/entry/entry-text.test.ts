import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EncodedEntry } from "../../src/entry/encoded-entry.js";
import { EntryText } from "../../src/entry/entry-text.js";
import { TRANSCRIPT_FORMATS } from "../../src/entry/transcript-format.js";

const MiB = 1024 * 1024;
const CLAUDE_CODE = TRANSCRIPT_FORMATS["claude-code"];

describe("an entry that comes as a text", () => {
  test("is written as it stands, behind the members that it lacks", () => {
    const text = '{ "n":12345678901234567890,"f":1e400, "type":"a","z":1.50,"u":"\\u00e9"}';
    const entry = new EncodedEntry(new EntryText(` ${text}\r`), MiB, { id: "made" });
    const line = entry.line("p", { index: 0, size: 2 });
    expect(line).toMatch(/^\{"id":"made","parentId":"p","batch":\{"index":0,"size":2\},/);
    expect(line.endsWith(`,${text.slice(1)}\n`)).toBe(true);
    expect(Buffer.byteLength(line)).toBeLessThanOrEqual(entry.bytes);
  });

  test("keeps members of its own where they stand", () => {
    const text = '{"timestamp":"t","id":"\\u0061","type":"a"}';
    const entry = new EncodedEntry(new EntryText(text), MiB);
    expect(entry.id).toBe("a");
    expect(entry.line(undefined)).toBe(`${text}\n`);
    expect(entry.line(null)).toBe(`{"parentId":null,${text.slice(1)}\n`);
  });

  test("goes by the names of another format, and back", () => {
    const text = '{"n":1e400,"\\u0069d":"x","type":"a","data":{"id":1,"s":"\\"id\\":{"}}';
    const pi = new EncodedEntry(new EntryText(text), MiB);
    const other = pi.in(CLAUDE_CODE);
    expect(other.line("p")).toContain(`,${text.slice(1).replace("\\u0069d", "uuid")}\n`);
    expect(other.in(TRANSCRIPT_FORMATS.pi).line("p")).toContain('"n":1e400,"id":"x"');
    const made = new EncodedEntry(new EntryText('{"type":"a"}'), MiB);
    expect(made.in(CLAUDE_CODE).id).toBe(made.id);
  });

  test("carries a message under the type that the format has for it", () => {
    const text = EntryText.ofMessage('{"role":"user","content":"x","n":2.0}');
    const inside = ',"message":{"role":"user","content":"x","n":2.0}}\n';
    const pi = new EncodedEntry(text, MiB);
    expect(pi.line(null)).toMatch(/^\{"type":"message",/);
    expect(pi.line(null).endsWith(inside)).toBe(true);
    expect(pi.in(CLAUDE_CODE).line(null)).toMatch(/^\{"type":"user","uuid":/);
    expect(pi.in(CLAUDE_CODE).line(null).endsWith(inside)).toBe(true);
  });

  test("is refused where the object would be", () => {
    for (const text of ['{"type":"a","parentId":"x"}', '{"type":1}', '{"type":"a","id":null}']) {
      expect(() => new EncodedEntry(new EntryText(text), MiB)).toThrow(/must be/);
    }
    const deep = `{"type":"a","d":${"[".repeat(10_000)}${"]".repeat(10_000)}}`;
    expect(() => new EntryText(deep)).toThrow(/nested deeper/);
  });

  test("says what the object says, whatever is in it", () => {
    const members = fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue());
    fc.assert(
      fc.property(members, fc.boolean(), fc.uuid(), (other, isNamed, id) => {
        const { parentId: _p, parentUuid: _q, batch: _b, uuid: _u, ...rest } = other;
        const input = { ...rest, type: "a", timestamp: "t", ...(isNamed && { id }) };
        const text = new EntryText(JSON.stringify(input, undefined, " ").replaceAll("\n", ""));
        const { id: _i, ...said } = JSON.parse(JSON.stringify(input)) as { id?: string };
        const line = new EncodedEntry(text, MiB, { format: CLAUDE_CODE, id }).line("p");
        expect(JSON.parse(line)).toEqual({ ...said, uuid: id, parentUuid: "p" });
      }),
    );
  });
});
