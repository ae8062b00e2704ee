import { appendFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { linesOf } from "../support/cli/console-lines.js";
import { HEADER_LINE, linearLine, linkedLine } from "../support/lines.js";
import { runCli } from "../support/run.js";
import { tempDirectory } from "../support/temp-directory.js";

const said = (role: string, text: string) => ({ message: { role, content: text } });

const BRANCHED = [
  HEADER_LINE,
  linkedLine("q1", null, said("user", "first question")),
  linkedLine("a1", "q1", said("assistant", "first answer")),
  linkedLine("q2", "a1", said("user", "abandoned")),
  linkedLine("c1", "a1", { type: "compaction", summary: "what was said" }),
  linkedLine("q3", "c1", said("user", "last question")),
].join("");

async function fileOf(content: string): Promise<string> {
  const file = join(await tempDirectory(), "transcript.jsonl");
  await writeFile(file, content);
  return file;
}

describe("leaflog tree", () => {
  test("draws branches, forks, compactions and the leaf", async () => {
    const { code, stdout, stderr } = await runCli(["tree", await fileOf(BRANCHED)]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(linesOf(stdout)).toEqual([
      "session session-1 · 5 entries · branch of 4 · 1 fork",
      "● q1       user        first question",
      "● a1       assistant   first answer  fork of 2",
      "├─○ q2       user        abandoned",
      "◆ c1       compaction  what was said",
      "◉ q3       user        last question  ← leaf",
    ]);
  });

  test("keeps a long transcript readable, shows all of it when asked to", async () => {
    const lines = Array.from({ length: 3000 }, (_, index) =>
      linkedLine(`e${index}`, index === 0 ? null : `e${index - 1}`, said("assistant", "x")),
    );
    const file = await fileOf(HEADER_LINE + lines.join(""));
    const folded = linesOf((await runCli(["tree", file])).stdout);
    expect(folded).toHaveLength(6);
    expect(folded[2]).toBe("⋮ 2,996 entries: 2,996 assistant");
    expect(linesOf((await runCli(["tree", file, "--all"])).stdout)).toHaveLength(3001);
    expect(linesOf((await runCli(["tree", file, "--json"])).stdout)).toHaveLength(3000);
  });

  test("draws what is damaged: parents missing and later, linear entries, no header, half a line", async () => {
    const file = await fileOf(
      [
        linkedLine("x", "y"),
        linkedLine("y", "x"),
        linkedLine("lost", "nowhere"),
        "no json\n",
        linearLine({ message: { role: "user", content: "linear" } }),
        '{"type":"message","id":"torn',
      ].join(""),
    );
    const { code, stdout, stderr } = await runCli(["tree", file]);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^leaflog: \d lines? .* not shown/);
    expect(linesOf(stdout)).toEqual([
      "no header · 4 entries · branch of 1 · 0 forks · 2 trees",
      "○ x        message      parent later",
      "○ y        message",
      "◉ lost     message      parent missing  ← leaf",
      "○ -        user        linear  linear",
    ]);
    const json = linesOf((await runCli(["tree", file, "--json"])).stdout);
    expect(json.map((line) => JSON.parse(line).detachment)).toEqual([
      "parent later",
      undefined,
      "parent missing",
      undefined,
    ]);
  });

  test("keeps control characters from the terminal, and colours unless it is asked not to", async () => {
    const evil = "\u001b[2J\u0007red\u202e";
    const file = await fileOf(HEADER_LINE);
    await appendFile(file, linkedLine(`i${evil}`, null, said(`r${evil}`, `t${evil}`)));
    for (const args of [
      ["tree", file],
      ["tree", file, "--json"],
      ["stats", file],
    ]) {
      const { stdout } = await runCli(args);
      expect(stdout).toMatch(/red/);
      expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
    }
    const coloured = await runCli(["tree", file], { env: { FORCE_COLOR: "1" } });
    expect(coloured.stdout).toContain("\u001b[");
    expect(coloured.stdout).not.toContain("\u001b[2J");
    const plain = await runCli(["tree", file], { env: { NO_COLOR: "1" } });
    expect(plain.stdout).not.toContain("\u001b");
  });

  test("draws an empty transcript; fails with 2 on bad options and with 74 on a missing file", async () => {
    const empty = await runCli(["tree", await fileOf("")]);
    expect(empty).toMatchObject({ code: 0, stderr: "" });
    expect(empty.stdout).toBe("no header · 0 entries · branch of 0 · 0 forks\n");
    const file = await fileOf(BRANCHED);
    expect((await runCli(["tree", file, "--all", "--rows", "3"])).code).toBe(2);
    const format = await runCli(["tree", file, "--format", "nonsense"]);
    expect(format.code).toBe(2);
    expect(format.stderr).toContain("--format takes pi, claude-code, codex; got nonsense");
    expect((await runCli(["tree", `${file}.none`])).code).toBe(74);
  });
});
