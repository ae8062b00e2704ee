import { describe, expect, it } from "vitest";
import { entryLinks, TRANSCRIPT_FORMATS } from "../../src/index.js";

describe("entryLinks", () => {
  const both = { id: "i", parentId: "p", uuid: "u", parentUuid: null };

  it.each([
    ["pi", { id: "i", parentId: "p" }],
    ["claude-code", { id: "u", parentId: null }],
    ["codex", {}],
  ] as const)("are those that %s calls so", (name, links) => {
    expect(entryLinks(both, TRANSCRIPT_FORMATS[name])).toStrictEqual(links);
  });

  it("leaves out what is none", () => {
    expect(entryLinks({ id: 7, parentId: {} }, TRANSCRIPT_FORMATS.pi)).toStrictEqual({});
    expect(entryLinks({ uuid: "u" }, TRANSCRIPT_FORMATS["claude-code"])).toStrictEqual({ id: "u" });
  });
});
