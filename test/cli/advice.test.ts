import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";
import { LeaflogError } from "../../src/base/errors.js";
import { adviceOn } from "../../src/cli/output/advice.js";
import { HEADER_LINE, linearLine } from "../support/lines.js";
import { ROOT, runCli } from "../support/run.js";
import { tempDirectory } from "../support/temp-directory.js";

/** Where nothing speaks that a command calls; wrong options are the command's own doing. */
const ELSEWHERE = /^(?:cli|sdk|mirror)\/|^options\.ts$/;
/** What a program can act on, and who has typed a command cannot. */
const OF_PROGRAMS =
  /\b(?:raise|higher|lower|pass|set|call|with(?: another)?|option) `?(?:[a-z]+[A-Z]\w*|queue\.\w+|linear\b|header:)/;

test("what the library advises is said in words of the command line", async () => {
  const names = await readdir(join(ROOT, "src"), { recursive: true });
  const files = names.filter((name) => name.endsWith(".ts") && !ELSEWHERE.test(name));
  const texts: string[] = [];
  for (const name of files) {
    const text = await readFile(join(ROOT, "src", name), "utf8");
    collect(ts.createSourceFile(name, text, ts.ScriptTarget.Latest), texts);
  }
  const advising = texts.filter((text) => OF_PROGRAMS.test(text));
  expect(advising.length).toBeGreaterThan(3);
  const said = advising.map((text) =>
    adviceOn(new LeaflogError("LEAFLOG_TIMEOUT", text, { file: "f" })),
  );
  expect(said.filter((text) => OF_PROGRAMS.test(text))).toEqual([]);
});

test.each([
  "append",
  "migrate",
  "repair",
])("%s takes the --timeout that is advised", async (name) => {
  const file = join(await tempDirectory(), "transcript.jsonl");
  await writeFile(file, `${HEADER_LINE}${linearLine()}broken\n`);
  await mkdir(`${file}.lock`);
  const args = [name, file, "--timeout", "100", ...(name === "repair" ? ["--write"] : [])];
  const { code, stderr } = await runCli(args, { input: '{"type":"custom"}\n' });
  expect(code).toBe(3);
  expect(stderr).toMatch(/LEAFLOG_LOCK_TIMEOUT: .*wait longer with --timeout MS/);
});

/** The texts of a source, with what is put into them left out. */
function collect(node: ts.Node, into: string[]): void {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) into.push(node.text);
  if (ts.isTemplateExpression(node)) {
    into.push(
      [node.head, ...node.templateSpans.map(({ literal }) => literal)]
        .map((part) => part.text)
        .join("…"),
    );
  }
  ts.forEachChild(node, (child) => collect(child, into));
}
