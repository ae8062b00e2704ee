import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type VerifyTranscriptOptions, verifyTranscript } from "../../src/index.js";
import {
  boundaryLine,
  CLAUDE_SESSION,
  CODEX_ROLLOUT,
  claudeLine,
  NOTES,
} from "../support/format-lines.js";
import { HEADER_LINE, linearLine, linkedLine } from "../support/lines.js";
import { tempDirectory } from "../support/temp-directory.js";

async function verify(content: string, options?: VerifyTranscriptOptions) {
  const file = join(await tempDirectory(), "t.jsonl");
  writeFileSync(file, content);
  return verifyTranscript(file, options);
}

const VERSION_1 = HEADER_LINE.replace('"version":3,', "");

describe("verification of a session of Claude Code", () => {
  it("has no problem with what is no damage there", async () => {
    expect(await verify(CLAUDE_SESSION)).toMatchObject({
      ok: true,
      problems: [],
      format: "claude-code",
      header: { state: "none" },
      counts: { entries: 14, linked: 10, linear: 0, unlinked: 4, headers: 0 },
      types: { user: 4, assistant: 5, system: 1, summary: 1, "queue-operation": 1 },
      leaf: { id: "a3", shape: "linked" },
      links: {
        roots: { total: 2, first: [{ id: "u1" }, { id: "s1" }] },
        dangling: { total: 0 },
        forks: { total: 0 },
        cycles: { total: 0 },
        branchLength: 7,
        branchWhole: true,
      },
    });
  });

  it("finds damage by its names", async () => {
    const lost = claudeLine("user", "x", "never written");
    const cut = claudeLine("assistant", "y", "x").slice(0, 80);
    const circle = claudeLine("user", "a1", "a2");
    const report = await verify(
      CLAUDE_SESSION + lost + circle + cut + claudeLine("user", "z", "x"),
    );
    expect(report).toMatchObject({
      problems: ["malformed", "dangling", "duplicate-ids", "cycles"],
      malformed: { total: 1, first: [{ signature: "spliced", records: 1 }] },
    });
  });

  it("knows a compaction that goes on from another file for a root", async () => {
    const content = boundaryLine("b", "elsewhere") + claudeLine("user", "u", "b");
    expect((await verify(content)).links).toMatchObject({
      roots: { total: 1, first: [{ id: "b" }] },
      dangling: { total: 0 },
      branchLength: 2,
      branchWhole: true,
    });
  });

  it("lists no circle that is closed by what a compaction goes on from", async () => {
    const content = boundaryLine("b", "u") + claudeLine("user", "u", "b");
    const { ok, links } = await verify(content);
    expect(ok).toBe(true);
    // Nobody goes on from what stands behind: it is a root, and told.
    const one = { total: 1 };
    expect(links).toMatchObject({ cycles: { total: 0 }, roots: one, ahead: one });
  });

  it("needs no header, and no line with an id", async () => {
    expect(await verify(NOTES.summary, { header: "required" })).toMatchObject({
      ok: true,
      header: { state: "none" },
      leaf: { id: null, shape: "empty" },
    });
  });
});

describe("verification of a linear transcript", () => {
  it.each([
    ["of Codex", CODEX_ROLLOUT, "codex", 5],
    ["of version 1", VERSION_1 + linearLine() + linearLine({ id: "a" }), "pi", 2],
  ])("%s has no problem with its entries", async (_, content, format, linear) => {
    expect(await verify(content)).toMatchObject({
      ok: true,
      format,
      counts: { entries: linear, linear },
      leaf: { id: null, shape: "linear" },
    });
    expect((await verify(`${content}{`)).problems).toEqual(["malformed", "tail"]);
  });

  it.each([
    ["linked ones stand beside them", VERSION_1 + linearLine() + linkedLine("a", null)],
    ["other ones do", `${VERSION_1}${linearLine()}{"id":"a","parentId":7}\n`],
    ["the header knows no such", HEADER_LINE + linearLine()],
  ])("has a problem with them where %s", async (_, content) => {
    expect((await verify(content)).problems).toEqual(["linear"]);
  });
});

it("a format that the caller names wins", async () => {
  expect(await verify(CODEX_ROLLOUT, { format: "pi" })).toMatchObject({
    problems: ["header"],
    format: "pi",
    header: { state: "missing" },
  });
  expect(
    await verify(HEADER_LINE + linkedLine("a", "lost"), { format: "claude-code" }),
  ).toMatchObject({
    ok: true,
    counts: { unlinked: 2 },
  });
  await expect(verify("", { format: "other" as "pi" })).rejects.toMatchObject({
    code: "LEAFLOG_INVALID_ARGUMENT",
    message: expect.stringContaining('"pi", "claude-code", "codex"'),
  });
});
