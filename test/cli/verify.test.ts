import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { HEADER_LINE, linearLine, linkedLine } from "../support/lines.js";
import { runCli } from "../support/run.js";
import { tempDirectory } from "../support/temp-directory.js";

async function fileOf(content: string): Promise<string> {
  const file = join(await tempDirectory(), "transcript.jsonl");
  await writeFile(file, content);
  return file;
}

test("a whole transcript: exit code 0, and the figures on stdout", async () => {
  const file = await fileOf(HEADER_LINE + linkedLine("a", null) + linkedLine("b", "a"));
  const { code, stdout, stderr } = await runCli(["verify", file]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/^entries: +2 \(2 linked, 0 linear, 0 unlinked\)$/m);
  expect(stdout).toMatch(/^leaf: +b \(linked\), branch of 2$/m);
  expect(stdout).toMatch(/^verdict: +ok$/m);
});

test("a damaged one: exit code 1, every kind of damage named, the file untouched", async () => {
  const damaged = [
    HEADER_LINE,
    linkedLine("a", null),
    `{"type":"message","id":"cut","par\n`,
    linkedLine("c\u001b[2J", "missing"),
    linkedLine("b", "a"),
    linkedLine("b", "a"),
    '{"type":"message","id":"torn"',
  ].join("");
  const file = await fileOf(damaged);
  const { code, stdout } = await runCli(["verify", file]);
  expect(code).toBe(1);
  for (const row of [/^malformed: +2$/m, /line 3: cut/, /^dangling: +1$/m, /^torn tail:/m]) {
    expect(stdout).toMatch(row);
  }
  expect(stdout).toMatch(/^verdict: +damaged: .*malformed.*tail.*dangling.*duplicate-ids/m);
  expect(stdout).not.toContain("\u001b");
  expect(await readFile(file, "utf8")).toBe(damaged);
  const json = await runCli(["verify", file, "--json"]);
  expect(json.code).toBe(1);
  expect(JSON.parse(json.stdout)).toMatchObject({ ok: false, malformed: { total: 2 } });
});

test("a missing file: exit code 74", async () => {
  const { code, stderr } = await runCli(["verify", join(await tempDirectory(), "none.jsonl")]);
  expect(code).toBe(74);
  expect(stderr).toContain("ENOENT");
});

test("migrate links what is linear, keeps a backup when asked, and then has nothing to do", async () => {
  const linear = HEADER_LINE + linearLine() + linearLine();
  const file = await fileOf(linear);
  const first = await runCli(["migrate", file, "--backup", "--json"]);
  expect(first.code).toBe(0);
  const { backup, migrated } = JSON.parse(first.stdout);
  expect(migrated).toBe(2);
  expect(await readFile(backup, "utf8")).toBe(linear);
  expect((await runCli(["verify", file])).code).toBe(0);
  expect((await runCli(["migrate", file])).stdout).toBe("nothing to migrate\n");
});
