import { readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { ROOT, run } from "../support/run.js";
import { tempDirectory } from "../support/temp-directory.js";

/** The pages that a reader comes by. */
const PAGES = [
  "README.md",
  "bench/README.md",
  "src/README.md",
  "test/README.md",
  ...["append", "base", "cli", "entry", "mirror", "sdk", "transcript"].map(
    (floor) => `src/${floor}/README.md`,
  ),
];

const pageOf = (path: string): Promise<string> => readFile(join(ROOT, path), "utf8");
const readme = await pageOf("README.md");

/** Runs an example of a page, which is the program that is type-checked, in a directory. */
async function runExample(name: string, page = "README.md", directory?: string): Promise<string> {
  const file = join(ROOT, "test/readme", name);
  const language = name.endsWith(".mjs") ? "js" : "ts";
  expect(await pageOf(page)).toContain(`\`\`\`${language}\n${await readFile(file, "utf8")}\`\`\``);
  const { stdout, stderr, code } = await run(
    process.execPath,
    ["--import", import.meta.resolve("tsx"), file],
    {
      cwd: directory ?? (await tempDirectory()),
      env: { TSX_TSCONFIG_PATH: join(ROOT, "tsconfig.json") },
    },
  );
  expect(stderr).toBe("");
  expect(code).toBe(0);
  return stdout;
}

test("the example is the program that is type-checked, and it does what it says", async () => {
  const stdout = await runExample("example.ts");
  expect(stdout).toContain("somebody was quicker: the leaf is");
  expect(stdout).toMatch(/^new \S+ message$/m);
});

test("so is the one in plain JavaScript", async () => {
  expect(await runExample("plain-example.mjs")).toBe("true { role: 'user', content: 'Hello' }\n");
});

test("so is the gateway that mirrors two channels into one session", async () => {
  const directory = await tempDirectory();
  const lines = (await runExample("mirror-example.ts", "src/mirror/README.md", directory))
    .trimEnd()
    .split("\n");
  expect(lines.slice(0, 2).sort()).toEqual(["mail: 1 new", "telegram: 2 new"]);
  expect(lines.slice(2)).toEqual(["telegram: 0 new", "appended again: false"]);
  // What it redacts is gone, and what it does not redact has kept its shape.
  const text = await readFile(join(directory, "session.jsonl"), "utf8");
  expect(text).toContain('"content":[{"type":"text","text":"[card], [card]"}]');
  expect(text).not.toMatch(/4111|5500/);
});

test("so is the plugin that summarises what is new, and its host", async () => {
  const lines = (await runExample("sdk-example.ts", "src/sdk/README.md")).trimEnd().split("\n");
  expect(lines.slice(0, 4)).toEqual([
    "message undefined",
    "custom 1",
    "message undefined",
    "custom 1",
  ]);
  expect(lines.join()).toContain("Hi, Ann.");
  expect(lines.at(-1)).toBe("LEAFLOG_REFUSED unsafe-name");
});

test("both commands are those of package.json", async () => {
  const { scripts } = JSON.parse(await pageOf("package.json"));
  expect(readme).toContain("npm ci && npm start\n");
  expect(readme).toContain("npm ci && npm test\n");
  expect(scripts).toMatchObject({ start: expect.any(String), test: expect.any(String) });
});

test("it can be read in one sitting", () => {
  expect(readme.split("\n").length).toBeLessThanOrEqual(200);
});

test.each(PAGES)("%s: what it names and what it links to is there", async (page) => {
  const text = await pageOf(page);
  const named = [...text.matchAll(/`((?:test|src|bench)\/[\w./-]+\.ts)`/g)];
  for (const [, path] of named) await stat(join(ROOT, path as string));
  const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)];
  for (const [, path] of links) await stat(join(ROOT, dirname(page), path as string));
  if (page === "README.md") expect(named.length).toBeGreaterThan(10);
});
