import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { AppendResult } from "../../src/index.js";
import { jsonLines, linesOf } from "../support/cli/console-lines.js";
import { readChain } from "../support/lines.js";
import { runCli } from "../support/run.js";
import { tempDirectory } from "../support/temp-directory.js";

const newFile = async () => join(await tempDirectory(), "transcript.jsonl");

describe("leaflog append", () => {
  test("appends entries and messages, and prints their ids in order", async () => {
    const file = await newFile();
    const message = { role: "user", content: "hello" };
    const input = [
      { type: "custom", customType: "a", data: 1 },
      message,
      { type: "custom", id: "my-own-id", customType: "b" },
      { type: "message", message: { role: "assistant", content: "mixed" } },
    ];
    const { code, stdout, stderr } = await runCli(["append", file], { input: jsonLines(input) });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const entries = await readChain(file);
    expect(linesOf(stdout)).toEqual(entries.map(({ id }) => id));
    expect(entries[0]).toMatchObject(input[0]!);
    expect(entries[1]).toMatchObject({ type: "message", message });
    expect(entries[2]).toMatchObject(input[2]!);
    expect(entries[3]).toMatchObject(input[3]!);
    expect(await readdir(join(file, ".."))).toEqual(["transcript.jsonl"]);
  });

  test("prints results as JSON", async () => {
    const file = await newFile();
    const input = jsonLines([{ type: "custom" }, { type: "custom" }]);
    const { code, stdout } = await runCli(["append", file, "--json", "--synced"], { input });
    expect(code).toBe(0);
    const [first, second] = linesOf(stdout).map((line) => JSON.parse(line) as AppendResult);
    expect(first).toMatchObject({ parentId: null, appended: true, linked: true });
    expect(second).toMatchObject({ parentId: first?.id, appended: true, linked: true });
    const line = (await readFile(file)).subarray(second?.offset);
    expect(JSON.parse(line.toString("utf8"))).toMatchObject({ id: second?.id });
    expect(line).toHaveLength((second?.length ?? 0) + 1);
  });

  test("writes the text of a line, and tail prints it: numbers are not rounded", async () => {
    const file = await newFile();
    const custom =
      '{"type":"custom","id":"a","data":[2512292042121000001,1e400,-0,1.50,"\\u00e9"]}';
    const message = '{"role":"user","content":"x","chat":12345678901234567890}';
    const { code } = await runCli(["append", file], { input: `${custom}\n${message}\n` });
    expect(code).toBe(0);
    const lines = linesOf(await readFile(file, "utf8"));
    expect(lines[1]?.endsWith(`,${custom.slice(1)}`)).toBe(true);
    expect(lines[2]?.endsWith(`,"message":${message}}`)).toBe(true);
    const { stdout } = await runCli(["tail", file, "--json"]);
    for (const [at, printed] of linesOf(stdout).entries()) {
      expect(printed.startsWith(`{"entry":${lines[at + 1]},"offset":`)).toBe(true);
    }
  });

  test("messages in a file of Claude Code have their role for a type", async () => {
    const file = await newFile();
    await writeFile(file, jsonLines([{ type: "user", uuid: "a", parentUuid: null }]));
    const input = '{"role":"assistant","content":"x","n":1e400}\n';
    expect((await runCli(["append", file], { input })).code).toBe(0);
    const line = linesOf(await readFile(file, "utf8"))[1] ?? "";
    expect(JSON.parse(line)).toMatchObject({ type: "assistant", parentUuid: "a" });
    expect(line).toContain('"n":1e400');
  });

  test("keeps thousands of lines in their order", async () => {
    const file = await newFile();
    const input = Array.from({ length: 3000 }, (_, n) => ({ type: "custom", id: `id-${n}`, n }));
    const { code, stdout } = await runCli(["append", file], { input: jsonLines(input) });
    expect(code).toBe(0);
    const ids = input.map(({ id }) => id);
    expect(linesOf(stdout)).toEqual(ids);
    expect((await readChain(file)).map(({ id }) => id)).toEqual(ids);
  });

  test("--batch marks entries as belonging together", async () => {
    const file = await newFile();
    const input = jsonLines([
      { type: "custom", id: "a" },
      { role: "user", content: "b" },
    ]);
    const { code, stdout } = await runCli(["append", file, "--batch"], { input });
    expect(code).toBe(0);
    const entries = await readChain(file);
    expect(linesOf(stdout)).toEqual(entries.map(({ id }) => id));
    expect(entries.map(({ batch }) => batch)).toEqual([
      { index: 0, size: 2 },
      { index: 1, size: 2 },
    ]);
  });

  test("--batch appends nothing when a line is bad", async () => {
    const file = await newFile();
    const input = `${jsonLines([{ type: "custom" }])}nonsense\n`;
    const { code, stdout, stderr } = await runCli(["append", file, "--batch"], { input });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^leaflog: line 2: no JSON/);
    expect(await readdir(join(file, ".."))).toEqual([]);
  });

  test("appends what stands before a bad line and prints its ids", async () => {
    const file = await newFile();
    const good = [
      { type: "custom", id: "one" },
      { type: "custom", id: "two" },
    ];
    const input = `${jsonLines(good)}{"type":"custom"\n${jsonLines([{ type: "custom" }])}`;
    const { code, stdout, stderr } = await runCli(["append", file], { input });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "one\ntwo\n" });
    expect(stderr).toMatch(
      /^leaflog: 2 entries were appended all the same, .+: do not send them again\nleaflog: line 3: no JSON: .+\n$/,
    );
    expect((await readChain(file)).map(({ id }) => id)).toEqual(["one", "two"]);
  });

  test("names the line whose entry is refused, and appends none behind it", async () => {
    const file = await newFile();
    const input = jsonLines([
      { type: "custom", id: "one" },
      { type: "session", id: "a header is no entry" },
      { type: "custom", id: "three" },
    ]);
    const { code, stdout, stderr } = await runCli(["append", file], { input });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "one\n" });
    expect(stderr).toMatch(
      /^leaflog: 1 entry was appended .+\nleaflog: line 2: LEAFLOG_INVALID_ARGUMENT: `type`/,
    );
    expect((await readChain(file)).map(({ id }) => id)).toEqual(["one"]);
  });

  test.each([
    ["neither an entry nor a message", '{"text":"hello"}', /line 1: neither an entry/],
    ["an array", "[]", /line 1: not an object/],
    ["null", "null", /line 1: not an object/],
    ["not UTF-8", Buffer.from([0x7b, 0xff, 0x7d]), /line 1: not UTF-8/],
  ])("refuses %s", async (_, input, message) => {
    const file = await newFile();
    const { code, stdout, stderr } = await runCli(["append", file], { input });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(message);
    expect(await readdir(join(file, ".."))).toEqual([]);
  });

  test("shows a bad line without its control characters", async () => {
    const input = '\u001b]0;title\u0007{"type":"custom"}\u009b31m\n';
    const { code, stderr } = await runCli(["append", await newFile()], { input });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^[^\u0000-\u001f\u007f-\u009f]+\n$/);
  });

  test("does nothing for an empty input, and passes over blank lines, CRLF and a BOM", async () => {
    const file = await newFile();
    expect(await runCli(["append", file])).toMatchObject({ code: 0, stdout: "", stderr: "" });
    expect(await readdir(join(file, ".."))).toEqual([]);
    const input = '\ufeff\r\n\n{"type":"custom","id":"a"}\r\n \n{"type":"custom","id":"b"}';
    expect(await runCli(["append", file], { input })).toMatchObject({ code: 0, stdout: "a\nb\n" });
    expect((await readChain(file)).map(({ id }) => id)).toEqual(["a", "b"]);
  });

  test("says which directory it made", async () => {
    const file = join(await tempDirectory(), "misspelt", "deeper", "transcript.jsonl");
    const input = jsonLines([{ type: "custom", id: "a" }]);
    const made = `leaflog: the directory ${join(file, "..")} was made\n`;
    expect(await runCli(["append", file], { input })).toMatchObject({ code: 0, stderr: made });
    expect(await runCli(["append", file], { input: "" })).toMatchObject({ code: 0, stderr: "" });
  });

  test("fails with 1 on a damaged header, and leaves the file alone", async () => {
    const file = await newFile();
    const damaged = '{"type":"sess\n{"type":"custom","id":"a","parentId":null}\n';
    await writeFile(file, damaged);
    const input = jsonLines([{ type: "custom" }, { type: "custom" }]);
    const { code, stdout, stderr } = await runCli(["append", file], { input });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/^leaflog: line 1: LEAFLOG_BAD_HEADER: .*leaflog repair FILE/);
    // The library's options are nothing that can be typed.
    expect(stderr).not.toContain("`header:");
    expect(await readFile(file, "utf8")).toBe(damaged);
  });

  test("fails with 3 while another program holds the lock", async () => {
    const file = await newFile();
    await mkdir(`${file}.lock`);
    const input = jsonLines([{ type: "custom" }]);
    const args = ["append", file, "--timeout", "300"];
    const { code, stdout, stderr } = await runCli(args, { input });
    expect({ code, stdout }).toEqual({ code: 3, stdout: "" });
    expect(stderr).toMatch(/LEAFLOG_LOCK_TIMEOUT: .*wait longer with --timeout MS/);
    expect(await readdir(join(file, ".."))).toEqual(["transcript.jsonl.lock"]);
  });

  test("fails with 74 on a directory, and leaves nothing beside it", async () => {
    const directory = await newFile();
    await mkdir(directory);
    const input = jsonLines([{ type: "custom" }]);
    const { code, stdout, stderr } = await runCli(["append", directory], { input });
    expect({ code, stdout }).toEqual({ code: 74, stdout: "" });
    expect(stderr).toMatch(/^leaflog: line 1: LEAFLOG_/);
    expect(await readdir(join(directory, ".."))).toEqual(["transcript.jsonl"]);
    expect(await readdir(directory)).toEqual([]);
  });
});
