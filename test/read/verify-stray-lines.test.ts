import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { verifyTranscript } from "../../src/index.js";
import { CLAUDE_SESSION, CODEX_ROLLOUT } from "../support/format-lines.js";
import { HEADER_LINE, linkedLine } from "../support/lines.js";
import { runCli } from "../support/run.js";
import { tempDirectory } from "../support/temp-directory.js";

async function file(content: string): Promise<string> {
  const path = join(await tempDirectory(), "t.jsonl");
  writeFileSync(path, content);
  return path;
}

const PI = HEADER_LINE + linkedLine("a", null) + linkedLine("b", "a");
const OTHER = HEADER_LINE + linkedLine("c", null) + linkedLine("d", "c");

test("a second session in a file is told, and its root", async () => {
  const path = await file(PI + OTHER);
  expect(await verifyTranscript(path)).toMatchObject({
    ok: true,
    furtherHeaders: { total: 1, first: [{ line: 4, offset: PI.length }] },
    links: { roots: { total: 2 } },
  });
  const { stdout } = await runCli(["verify", path]);
  expect(stdout).toMatch(/^headers: {5}1\n {2}line 4/m);
  expect(stdout).toMatch(/^roots: {7}2\n {2}at \d+: a\n {2}at \d+: c/m);
  expect(stdout).toMatch(/branch of 2; the other 2 entries are not on it \(in other trees/);
});

test.each([
  [CLAUDE_SESSION, PI, "pi", 3],
  [CLAUDE_SESSION, CODEX_ROLLOUT, "codex", CODEX_ROLLOUT.trimEnd().split("\n").length],
  [CODEX_ROLLOUT, PI, "pi", 3],
  [PI, CLAUDE_SESSION, "claude-code", 10],
])("lines of another format are told", async (own, other, format, total) => {
  const path = await file(own + other);
  const { foreignLines } = await verifyTranscript(path);
  expect(foreignLines.total).toBe(total);
  expect(new Set(foreignLines.first.map((line) => line.format))).toEqual(new Set([format]));
  expect((await runCli(["verify", path])).stdout).toContain(`${format}\n`);
});

test("a file of one kind has none", async () => {
  for (const content of [PI, CLAUDE_SESSION, CODEX_ROLLOUT]) {
    expect(await verifyTranscript(await file(content))).toMatchObject({
      furtherHeaders: { total: 0 },
      foreignLines: { total: 0 },
      loneSurrogates: { total: 0 },
    });
  }
});

test("verify names the next command where there is damage, and repair nothing about ids where there are none", async () => {
  const damaged = await file(`${CODEX_ROLLOUT}{"type":`);
  const { code, stdout } = await runCli(["verify", damaged]);
  expect({ code, next: /^next: .*leaflog repair/m.test(stdout) }).toEqual({ code: 1, next: true });
  for (const content of [CODEX_ROLLOUT, `${CODEX_ROLLOUT}{"type":`]) {
    expect((await runCli(["repair", await file(content)])).stderr).toBe("");
  }
  expect(await verifyTranscript(await file(CODEX_ROLLOUT))).toMatchObject({
    links: { branchLength: CODEX_ROLLOUT.trimEnd().split("\n").length },
  });
});
