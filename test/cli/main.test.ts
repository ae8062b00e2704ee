import { describe, expect, test } from "vitest";
import { runCli } from "../support/run.js";

describe("leaflog", () => {
  test("help lists the commands and exit codes on stdout", async () => {
    const { code, stdout, stderr } = await runCli(["help"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const name of ["append", "leaf", "tail", "demo"]) expect(stdout).toContain(`  ${name} `);
    expect(stdout).toContain("Exit codes: 0 ok, 1 damage, 2 usage, 3 locked, 74 I/O, 128 + n");
    expect(stdout).not.toContain("demo-writer");
    expect((await runCli(["--help"])).stdout).toBe(stdout);
  });

  test("without a command it fails with 2, with the help on stderr", async () => {
    const { code, stdout, stderr } = await runCli([]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain("usage: leaflog COMMAND");
  });

  test("a command's --help tells its usage", async () => {
    const { code, stdout, stderr } = await runCli(["append", "--help"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^usage: leaflog append FILE \[--batch\]/);
  });

  test.each([
    ["an unknown command", ["frobnicate"], /no command frobnicate/],
    ["a name that every object has", ["constructor"], /no command constructor/],
    ["no FILE", ["tail"], /usage: leaflog tail FILE/],
    ["two FILEs", ["leaf", "a", "b"], /usage: leaflog leaf FILE/],
    ["an unknown option", ["leaf", "a", "--nonsense"], /--nonsense/],
    ["a bad --timeout", ["append", "a", "--timeout", "soon"], /--timeout takes a whole number/],
    ["a writer of the demo, by hand", ["demo-writer", "a", "1"], /started by leaflog demo/],
  ])("fails with 2 on %s", async (_, args, message) => {
    const { code, stdout, stderr } = await runCli(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(message);
  });
});
