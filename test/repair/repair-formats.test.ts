import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { repairTranscript, verifyTranscript } from "../../src/index.js";
import {
  boundaryLine,
  CLAUDE_SESSION,
  CODEX_LINES,
  CODEX_ROLLOUT,
  claudeLine,
} from "../support/format-lines.js";
import { linearLine } from "../support/lines.js";
import { repaired, transcript } from "../support/repair/repair-fixture.js";

const linesOf = (file: string) =>
  readFileSync(file, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

describe("a session of Claude Code", () => {
  it("is left alone when it is whole", async () => {
    const file = await transcript(CLAUDE_SESSION);
    expect(await repaired(file)).toMatchObject({ changed: false, linksChecked: true });
    expect(readFileSync(file, "utf8")).toBe(CLAUDE_SESSION);
  });

  it("gets no header, and has every whole record saved", async () => {
    const cut = claudeLine("assistant", "lost", "a3").slice(0, 90);
    const fused = claudeLine("user", "u4", "lost").trim() + claudeLine("assistant", "a4", "u4");
    const file = await transcript(`\0\0\0\n${CLAUDE_SESSION}${cut}${fused}`);
    const { changes } = await repaired(file);
    expect(changes.counts).toEqual({
      header: 0,
      separated: 1,
      moved: 2,
      terminated: 0,
      linked: 1,
      adopted: 0,
      reidentified: 0,
      replaced: 0,
    });
    const expected = [claudeLine("user", "u4", "a3"), claudeLine("assistant", "a4", "u4")];
    expect(readFileSync(file, "utf8")).toBe(CLAUDE_SESSION + expected.join(""));
  });

  it("has lost parents found again on the chain that the entry is of", async () => {
    const aside = { isSidechain: true };
    const content =
      CLAUDE_SESSION +
      claudeLine("user", "main", "lost") +
      claudeLine("user", "s4", "lost", aside) +
      claudeLine("assistant", "s5", "lost too", aside) +
      claudeLine("assistant", "next", "main");
    const file = await transcript(content);
    await repaired(file);
    const parents = linesOf(file).slice(-4);
    expect(parents.map(({ parentUuid }) => parentUuid)).toEqual(["a3", null, "s4", "main"]);
  });

  it("loses what was written twice, and only that", async () => {
    const copies = claudeLine("user", "u1", null) + claudeLine("assistant", "a1", "u1");
    const file = await transcript(CLAUDE_SESSION + copies);
    const { changes } = await repaired(file);
    expect(changes.counts.moved).toBe(2);
    expect(readFileSync(file, "utf8")).toBe(CLAUDE_SESSION);
  });

  it("has a compaction follow the entry that it goes on from to its new id", async () => {
    const file = await transcript(
      claudeLine("user", "a", null) +
        claudeLine("user", "a", null, { message: "another" }) +
        boundaryLine("b", "a"),
    );
    await repaired(file);
    const [, renamed, boundary] = linesOf(file);
    expect(renamed).toMatchObject({ originalId: "a", parentUuid: null });
    expect(boundary).toMatchObject({ parentUuid: null, logicalParentUuid: renamed.uuid });
    expect((await verifyTranscript(file)).links).toMatchObject({ branchLength: 2 });
  });
});

describe("a rollout of Codex", () => {
  it("is left alone when it is whole", async () => {
    const file = await transcript(CODEX_ROLLOUT);
    expect(await repaired(file)).toMatchObject({ changed: false, linksChecked: false });
    expect(readFileSync(file, "utf8")).toBe(CODEX_ROLLOUT);
  });

  it("gets whole lines back, and neither ids nor parents nor a header", async () => {
    const [first, second, third, ...rest] = CODEX_LINES as [string, string, string, ...string[]];
    const cut = second.slice(0, 70);
    const content = first + cut + third.trim() + rest.join("").trimEnd();
    const file = await transcript(content);
    const { changes } = await repaired(file);
    expect(changes.counts).toMatchObject({ separated: 1, moved: 1, header: 0, adopted: 0 });
    expect(readFileSync(file, "utf8")).toBe([first, third, ...rest].join(""));
  });
});

describe("a linear transcript of version 1", () => {
  const whole = `{"type":"session","id":"s"}\n${linearLine()}${linearLine()}`;

  it("stays so as long as there is nothing to repair", async () => {
    const file = await transcript(whole);
    expect(await repaired(file)).toMatchObject({ changed: false });
    expect(readFileSync(file, "utf8")).toBe(whole);
  });

  it("is linked when it is repaired", async () => {
    const file = await transcript(`${whole}{"type":`);
    expect((await repaired(file)).changes.counts).toMatchObject({ adopted: 2, moved: 1 });
  });
});

it("a format that the caller names wins", async () => {
  const file = await transcript(CODEX_ROLLOUT);
  const { changes } = await repairTranscript(file, { format: "pi", dryRun: true });
  expect(changes.counts).toMatchObject({ header: 1, adopted: 5 });
});
