import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { EntryRecord } from "../../src/index.js";
import { linesOf } from "../support/cli/console-lines.js";
import { HEADER_LINE, linearLine, linkedLine } from "../support/lines.js";
import { runCli } from "../support/run.js";
import { tempDirectory } from "../support/temp-directory.js";

const message = (text: string) => ({
  message: { role: "user", content: [{ type: "text", text }] },
});

/** Entries `entry-0` to `entry-11`. */
const TWELVE = Array.from({ length: 12 }, (_, index) =>
  linkedLine(`entry-${index}`, index === 0 ? null : `entry-${index - 1}`, message(`no ${index}`)),
);

async function fileOf(...lines: string[]): Promise<string> {
  const file = join(await tempDirectory(), "transcript.jsonl");
  await writeFile(file, [HEADER_LINE, ...lines].join(""));
  return file;
}

const idsOf = (stdout: string) => linesOf(stdout).map((line) => line.split(" ", 1)[0]);

describe("leaflog tail", () => {
  test("prints the last entries in file order: ten, or as many as asked for", async () => {
    const file = await fileOf(...TWELVE);
    const ids = TWELVE.map((_, index) => `entry-${index}`);
    const ten = await runCli(["tail", file]);
    expect(ten).toMatchObject({ code: 0, stderr: "" });
    expect(idsOf(ten.stdout)).toEqual(ids.slice(2));
    expect(idsOf((await runCli(["tail", file, "-n", "3"])).stdout)).toEqual(ids.slice(9));
    expect(idsOf((await runCli(["tail", "-n", "100", file])).stdout)).toEqual(ids);
    expect(await runCli(["tail", file, "-n", "0"])).toMatchObject({ code: 0, stdout: "" });
  });

  test("tells id, parent, type and the first text", async () => {
    const linear = linearLine({ message: { role: "user", content: "says little" } });
    const { stdout } = await runCli(["tail", await fileOf(linear, TWELVE[0]!, TWELVE[1]!)]);
    expect(linesOf(stdout)).toEqual([
      "-        <- linear    message  says little",
      "entry-0  <- -         message  no 0",
      "entry-1  <- entry-0   message  no 1",
    ]);
  });

  test("prints records as JSON, with the places of their lines", async () => {
    const file = await fileOf(TWELVE[0]!, TWELVE[1]!);
    const { code, stdout } = await runCli(["tail", file, "-n", "1", "--json"]);
    expect(code).toBe(0);
    expect(linesOf(stdout).map((line) => JSON.parse(line) as EntryRecord)).toEqual([
      {
        entry: JSON.parse(TWELVE[1]!) as object,
        offset: HEADER_LINE.length + TWELVE[0]!.length,
        length: TWELVE[1]!.length - 1,
      },
    ]);
  });

  test("keeps control characters of entries from the terminal", async () => {
    const evil = "\u001b]0;title\u0007\u009b31m\u007f\u202ered\r\nhidden";
    const more = { type: `evil${evil}`, ...message(`said: ${evil}`) };
    const file = await fileOf(linkedLine("\u001b[2J\u0000id", null, more));
    const printed = /^[^\u0000-\u001f\u007f-\u009f\u202e]+\n$/;
    const plain = await runCli(["tail", file]);
    expect(plain).toMatchObject({ code: 0, stderr: "" });
    expect(plain.stdout).toMatch(printed);
    expect(plain.stdout).toContain("said:");
    const json = await runCli(["tail", file, "--json"]);
    expect(json.stdout).toMatch(printed);
    expect((JSON.parse(json.stdout) as EntryRecord).entry).toMatchObject(more);
  });

  test("says on stderr what it does not show, and where that begins", async () => {
    const file = await fileOf(
      linkedLine("a", null),
      "{broken\n",
      "\n",
      "\u0000\u0000\n",
      "[1]\n",
      linkedLine("b", "a"),
      '{"type":"torn',
    );
    const { stdout, stderr } = await runCli(["tail", file]);
    expect(idsOf(stdout)).toEqual(["a", "b"]);
    const offset = Buffer.byteLength(HEADER_LINE + linkedLine("a", null));
    expect(stderr).toMatch(/^leaflog: 3 lines are no JSON and not shown, the first at (\d+); /);
    expect(stderr).toContain(`at ${offset}; leaflog verify ${file}`);
    // Only what lies among the entries that are shown.
    expect((await runCli(["tail", "-n", "1", file])).stderr).toMatch(
      /^leaflog: 1 line .*, torn or/,
    );
  });

  test("prints entries nested deeper than any call stack", async () => {
    const deep = `${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`;
    const file = await fileOf(`{"type":"custom","id":"deep","parentId":null,"data":${deep}}\n`);
    const { code, stdout } = await runCli(["tail", file]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "deep     <- -         custom\n" });
  });

  test.each(["-1", "x", "1.5", ""])("fails with 2 on -n %j", async (count) => {
    const { code, stdout, stderr } = await runCli(["tail", await fileOf(), `-n${count}`]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^leaflog: .*-n/);
  });

  test("fails with 74 on a missing file and on a directory", async () => {
    const directory = await tempDirectory();
    const missing = await runCli(["tail", join(directory, "missing.jsonl")]);
    expect(missing).toMatchObject({ code: 74, stdout: "" });
    await mkdir(join(directory, "directory"));
    const onDirectory = await runCli(["tail", join(directory, "directory")]);
    expect(onDirectory).toMatchObject({ code: 74, stdout: "" });
    expect(onDirectory.stderr).toMatch(/LEAFLOG_READ_FAILED/);
  });
});
