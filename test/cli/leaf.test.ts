import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { HEADER_LINE, linearLine, linkedLine } from "../support/lines.js";
import { runCli } from "../support/run.js";
import { tempDirectory } from "../support/temp-directory.js";

async function fileOf(content: string): Promise<string> {
  const file = join(await tempDirectory(), "transcript.jsonl");
  await writeFile(file, content);
  return file;
}

describe("leaflog leaf", () => {
  test("prints the leaf's id, and nothing else", async () => {
    const file = await fileOf(HEADER_LINE + linkedLine("a", null) + linkedLine("b", "a"));
    const { code, stdout, stderr } = await runCli(["leaf", file]);
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: "b\n", stderr: "" });
  });

  test("prints id and shape as JSON", async () => {
    const file = await fileOf(HEADER_LINE + linkedLine("a", null));
    const { code, stdout } = await runCli(["leaf", file, "--json"]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '{"id":"a","shape":"linked"}\n' });
  });

  test.each([
    ["an empty", HEADER_LINE, "empty"],
    ["a linear", HEADER_LINE + linearLine(), "linear"],
  ])("prints null for %s transcript, and says on stderr why", async (_, content, shape) => {
    const { code, stdout, stderr } = await runCli(["leaf", await fileOf(content)]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "null\n" });
    expect(stderr).toBe(`leaflog: the transcript is ${shape}: no leaf\n`);
  });

  test("tells, as tail and tree do, that its entry stands in the file once more", async () => {
    const old = linkedLine("a", null) + linkedLine("b", "a");
    const content = HEADER_LINE + old + linkedLine("c", "b") + old;
    const file = await fileOf(content);
    const offset = content.indexOf(linkedLine("b", "a"));
    const hint = `the leaf's id is also that of the entry at ${offset}:`;
    const { stdout, stderr } = await runCli(["leaf", file]);
    expect(stdout).toBe("b\n");
    expect(stderr).toContain(hint);
    expect(stderr.split("\n")).toHaveLength(2);
    const json = await runCli(["leaf", file, "--json"]);
    expect(JSON.parse(json.stdout)).toEqual({ id: "b", shape: "linked", replayed: { offset } });
    for (const command of ["tail", "tree"]) {
      expect((await runCli([command, file])).stderr).toContain(hint);
    }
    const mentioned = await fileOf(
      HEADER_LINE + linkedLine("a", null, { text: "b" }) + linkedLine("b", "a"),
    );
    for (const command of ["leaf", "tail", "tree"]) {
      expect((await runCli([command, mentioned])).stderr).toBe("");
    }
  });

  test("keeps control characters of an id from the terminal", async () => {
    const file = await fileOf(HEADER_LINE + linkedLine("a\u001b[31m\u009b", null));
    expect((await runCli(["leaf", file])).stdout).toBe("a [31m \n");
    const { stdout } = await runCli(["leaf", file, "--json"]);
    expect(stdout).toBe('{"id":"a\\u001b[31m\\u009b","shape":"linked"}\n');
  });

  test("fails with 74 on a missing file and on a directory", async () => {
    const directory = await tempDirectory();
    const missing = await runCli(["leaf", join(directory, "missing.jsonl")]);
    expect(missing).toMatchObject({ code: 74, stdout: "" });
    expect(missing.stderr).toMatch(/LEAFLOG_READ_FAILED.*missing\.jsonl.*ENOENT/);
    await mkdir(join(directory, "directory"));
    const onDirectory = await runCli(["leaf", join(directory, "directory")]);
    expect(onDirectory).toMatchObject({ code: 74, stdout: "" });
    expect(onDirectory.stderr).toMatch(/LEAFLOG_READ_FAILED.*EISDIR/);
  });
});
