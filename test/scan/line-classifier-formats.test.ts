import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  CLAUDE_CODE_AGENT,
  TRANSCRIPT_FORMATS,
  type TranscriptFormat,
} from "../../src/entry/transcript-format.js";
import { LineClassifier } from "../../src/scan/lines/line-classifier.js";
import { boundaryLine, CODEX_LINES, claudeLine, NOTES } from "../support/format-lines.js";
import { anyLine } from "../support/read/random-transcript.js";
import { inClaudeNames } from "../support/renamed.js";

const claude = TRANSCRIPT_FORMATS["claude-code"];

function facts(line: string, format: TranscriptFormat) {
  const classifier = new LineClassifier(format);
  for (const byte of Buffer.from(line)) classifier.push(Buffer.from([byte]));
  const { spans, ...rest } = classifier.finish();
  return { ...rest, text: (name: keyof NonNullable<typeof spans>) => textAt(spans?.[name], line) };
}

function textAt(span: unknown, line: string): string | undefined {
  if (typeof span !== "object" || span === null) return undefined;
  const { start, end } = span as { start: number; end: number };
  return Buffer.from(line).toString("utf8", start, end);
}

describe("a line of Claude Code", () => {
  it("is linked by its own names", () => {
    const found = facts(claudeLine("user", "u", "p"), claude);
    expect(found).toMatchObject({ kind: "linked", type: "user", id: "u", parentId: "p" });
    expect(found).not.toHaveProperty("aside");
    expect(found.text("id")).toBe('"u"');
    expect(found.text("parentId")).toBe('"p"');
    expect(facts(claudeLine("user", "u", null, { id: "i", parentId: 7 }), claude)).toMatchObject({
      kind: "linked",
      id: "u",
      parentId: null,
    });
  });

  it("names what it goes on from", () => {
    const found = facts(boundaryLine("b", "l"), claude);
    expect(found).toMatchObject({ kind: "linked", parentId: null, logicalParentId: "l" });
    expect(found.text("logicalParentId")).toBe('"l"');
    expect(facts('{"logicalParentUuid":"a","logicalParentUuid":null}', claude)).not.toHaveProperty(
      "logicalParentId",
    );
  });

  it.each([
    ["true", true],
    ["false", undefined],
    ["null", undefined],
    ["1", undefined],
    ['"true"', undefined],
    ["[true]", undefined],
    ['true,"isSidechain":false', undefined],
    ['false,"isSidechain":true', true],
    ['true,"isSidechain":"four"', undefined],
  ])("with `isSidechain` %s is beside the main chain: %s", (value, aside) => {
    const line = `{"uuid":"u","isSidechain":${value},"parentUuid":null}`;
    expect(facts(line, claude).aside).toBe(aside);
    expect(facts(line, CLAUDE_CODE_AGENT).aside).toBeUndefined();
    expect(facts(line, TRANSCRIPT_FORMATS.pi).aside).toBeUndefined();
  });

  it("without a uuid is neither linear nor a header", () => {
    for (const note of [...Object.values(NOTES), '{"type":"session","id":"i"}', "{}"]) {
      expect(facts(note, claude).kind).toBe("unlinked");
    }
  });

  it("is what the same line of pi is by its names", () => {
    fc.assert(
      fc.property(anyLine, (line) => {
        const { text: _, ...pi } = facts(line, TRANSCRIPT_FORMATS.pi);
        const { text: __, ...renamed } = facts(inClaudeNames(line), claude);
        const { version: ___, ...same } = pi;
        const kind = pi.kind === "linear" || pi.kind === "header" ? "unlinked" : pi.kind;
        expect(renamed).toEqual({ ...same, kind });
      }),
      { numRuns: 2000 },
    );
  });
});

it("a line of a Codex rollout is linear, whatever it holds", () => {
  for (const line of [...CODEX_LINES, '{"id":"i","parentId":"p"}', '{"type":"session"}']) {
    const found = facts(line, TRANSCRIPT_FORMATS.codex);
    expect(found.kind).toBe("linear");
    expect(found).not.toHaveProperty("id");
  }
});
