import { appendFile, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { HEADER_LINE, linkedLine } from "../../support/lines.js";
import { run, runCli } from "../../support/run.js";
import { tempDirectory } from "../../support/temp-directory.js";

const CLI = new URL("../../../src/cli/main.ts", import.meta.url).pathname;

async function scene() {
  const directory = await tempDirectory();
  const file = join(directory, "session.jsonl");
  await writeFile(file, HEADER_LINE + linkedLine("a", null));
  return { directory, file };
}

describe("leaflog tree --html", () => {
  test("names the page after the transcript, and prints its name", async () => {
    const { directory, file } = await scene();
    const tsx = import.meta.resolve("tsx");
    const args = ["--import", tsx, CLI, "tree", file, "--html"];
    const { code, stdout, stderr } = await run(process.execPath, args, { cwd: directory });
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: "session.html\n", stderr: "" });
    expect((await readdir(directory)).sort()).toEqual(["session.html", "session.jsonl"]);
  });

  test("replaces a page, and nothing but a page", async () => {
    const { directory, file } = await scene();
    const page = join(directory, "page.html");
    expect((await runCli(["tree", file, "--html", page])).code).toBe(0);
    const first = await readFile(page, "utf8");
    await writeFile(file, HEADER_LINE + linkedLine("another", null));
    expect((await runCli(["tree", file, "--html", page])).code).toBe(0);
    expect(await readFile(page, "utf8")).not.toBe(first);

    const other = join(directory, "other.jsonl");
    await writeFile(other, HEADER_LINE);
    const refused = await runCli(["tree", file, "--html", other]);
    expect(refused).toMatchObject({ code: 2, stdout: "" });
    expect(refused.stderr).toContain("is no page of leaflog");
    expect(await readFile(other, "utf8")).toBe(HEADER_LINE);
    const nowhere = await runCli(["tree", file, "--html", join(directory, "none", "page.html")]);
    expect(nowhere.code).toBe(74);
    expect(nowhere.stderr).toMatch(/LEAFLOG_WRITE_FAILED: .*ENOENT/);
    expect((await readdir(directory)).sort()).toEqual([
      "other.jsonl",
      "page.html",
      "session.jsonl",
    ]);
  });

  test("writes the page to stdout with -, and goes with no other way to draw", async () => {
    const { file } = await scene();
    await appendFile(file, linkedLine("long", "a", { message: { content: "0123456789" } }));
    const short = await runCli(["tree", file, "--html", "-", "--chars", "4"]);
    expect(short.stdout).toContain('"text":"0123"}],"cut":6}');
    expect((await runCli(["tree", file, "--chars", "4"])).code).toBe(2);
    const { code, stdout } = await runCli(["tree", file, "--html", "-"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^<!doctype html>\n/);
    expect(stdout.trimEnd()).toMatch(/<\/html>$/);
    for (const args of [["--all"], ["--rows", "5"], ["--json"], ["a", "b"]]) {
      expect((await runCli(["tree", file, "--html", ...args])).code).toBe(2);
    }
  });
});
