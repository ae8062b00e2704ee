import { describe, expect, test } from "vitest";
import {
  editedLine,
  firstKeptEdit,
  type LineEdit,
  linkEdits,
  roleEdit,
  versionEdit,
} from "../../src/rewrite/line-edits.js";
import { classifyLine } from "../../src/scan/lines/line-classifier.js";
import type { LineSpans } from "../../src/scan/lines/line-facts.js";

function edited(line: string, edit: (spans: LineSpans) => LineEdit[]): string {
  const bytes = Buffer.from(line);
  const { spans } = classifyLine(bytes);
  if (spans === undefined) return expect.fail("no object");
  return editedLine(edit(spans), bytes.length)
    .map((piece) =>
      typeof piece === "string" ? piece : bytes.toString("utf8", piece.start, piece.end),
    )
    .join("");
}

describe("linkEdits", () => {
  test("puts both members behind the brace and leaves the rest", () => {
    const link = { id: "i", parentId: "p" };
    expect(edited('  { "n": 12345678901234567890 }\r', (s) => linkEdits(s, link))).toBe(
      '  {"id":"i","parentId":"p", "n": 12345678901234567890 }\r',
    );
    expect(edited("{}", (s) => linkEdits(s, link))).toBe('{"id":"i","parentId":"p"}');
    expect(edited("{ }", (s) => linkEdits(s, link))).toBe('{"id":"i","parentId":"p" }');
  });

  test("adds the parent alone to an entry that keeps its id", () => {
    expect(edited('{"id":"é\\u0041"}', (s) => linkEdits(s, { parentId: null }))).toBe(
      '{"parentId":null,"id":"é\\u0041"}',
    );
  });

  test("keeps the value that the new id replaces, the last one of equal keys", () => {
    expect(
      edited('{"id":"a","x":1,"id" : [1, "\\u0041"]}', (s) =>
        linkEdits(s, { id: "i", parentId: 'q"' }),
      ),
    ).toBe('{"parentId":"q\\"","originalId":[1, "\\u0041"],"id":"a","x":1,"id" : "i"}');
  });
});

test("versionEdit replaces a version of any type, or adds one", () => {
  expect(edited('{"version":"1","a":0}', (s) => [versionEdit(s, 3)])).toBe('{"version":3,"a":0}');
  expect(edited('{"a":0}', (s) => [versionEdit(s, 3)])).toBe('{"version":3,"a":0}');
});

test("edits apply in the order of their places", () => {
  const line = '{"message":{"role":"hookMessage"},"firstKeptEntryIndex" : 4 ,"z":0}';
  expect(
    edited(line, (s) => [
      firstKeptEdit(s.firstKeptEntryIndex ?? expect.fail(), "k"),
      roleEdit(s.messageRole ?? expect.fail(), "custom"),
      ...linkEdits(s, { id: "i", parentId: null }),
    ]),
  ).toBe('{"id":"i","parentId":null,"message":{"role":"custom"},"firstKeptEntryId":"k" ,"z":0}');
});
