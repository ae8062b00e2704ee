import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { JSON_SHAPES, jsonHelp } from "../../src/cli/json-shapes.js";
import { isList, type JsonShape } from "../../src/cli/output/json-shape.js";
import { linesOf } from "../support/cli/console-lines.js";
import { boundaryLine } from "../support/format-lines.js";
import { HEADER_LINE, linearLine, linkedLine } from "../support/lines.js";
import { runCli } from "../support/run.js";
import { tempDirectory } from "../support/temp-directory.js";

const batch = (index: number, size: number) => ({ batch: { index, size } });

/** Has every kind of finding that verify knows, but for a missing header. */
const DAMAGED = [
  HEADER_LINE,
  linkedLine("root", null),
  linkedLine("a", "root"),
  linkedLine("b", "root"),
  linkedLine("same", "b"),
  linkedLine("same", "b"),
  linkedLine("other", "b"),
  linkedLine("other", "b", { n: 2 }),
  linkedLine("lost", "nowhere"),
  linkedLine("x", "y"),
  linkedLine("y", "x"),
  linearLine(),
  `${linkedLine("fused-1", "b").trimEnd()}${linkedLine("fused-2", "b")}`,
  '{"type":"message","id":"cut\n',
  linkedLine("batched", "b", batch(0, 3)),
  linkedLine("later", "b"),
  '{"type":"message","id":"torn"',
].join("");

/** Lines of JSON that the command prints for a copy of the content. */
async function printed(command: string, content: string, ...args: string[]): Promise<unknown[]> {
  const file = join(await tempDirectory(), "transcript.jsonl");
  await writeFile(file, content);
  const input = '{"type":"custom"}\n';
  const { stdout } = await runCli([command, file, "--json", ...args], { input });
  return linesOf(stdout).map((line) => JSON.parse(line) as unknown);
}

/** Checks a value against its shape, and notes which members that may be absent were there. */
class ShapeCheck {
  readonly problems: string[] = [];
  readonly seen = new Set<string>();

  check(shape: JsonShape, value: unknown, at: string): void {
    if (typeof shape === "string") {
      if (typeof value === "object" && value !== null && !shape.startsWith("the entry")) {
        this.problems.push(`${at}: an object, documented as ${shape}`);
      }
      const [, type] = /^(string|number|boolean)(?::|;|$)/.exec(shape) ?? [];
      const actual = Array.isArray(value) ? "list" : typeof value;
      if (type !== undefined && actual !== type)
        this.problems.push(`${at}: ${actual}, not ${type}`);
    } else if (isList(shape)) {
      for (const item of value as unknown[]) this.check(shape[0], item, `${at}[]`);
    } else {
      this.#checkMembers(shape, value as Record<string, unknown>, at);
    }
  }

  #checkMembers(shape: { readonly [name: string]: JsonShape }, value: object, at: string): void {
    const any = shape["[name]"];
    for (const [name, member] of Object.entries(value)) {
      const documented = shape[name] ?? shape[`${name}?`] ?? any;
      if (documented === undefined) this.problems.push(`${at}.${name}: not documented`);
      else this.check(documented, member, `${at}.${name}`);
      this.seen.add(`${at}.${name}`);
    }
    for (const name of Object.keys(shape)) {
      if (name.endsWith("?") || name === "[name]" || Object.hasOwn(value, name)) continue;
      this.problems.push(`${at}.${name}: missing`);
    }
  }
}

/** Every member that may be absent. */
function optionals(shape: JsonShape, at: string): string[] {
  if (typeof shape === "string") return [];
  if (isList(shape)) return optionals(shape[0], `${at}[]`);
  return Object.entries(shape).flatMap(([name, member]) => {
    if (name === "[name]") return [];
    const path = `${at}.${name.replace(/\?$/, "")}`;
    return [...(name.endsWith("?") ? [path] : []), ...optionals(member, path)];
  });
}

const BARE = linkedLine("a", null);
const SPOKEN = `${JSON.stringify({
  type: "message",
  timestamp: "2026-01-01T00:00:00Z",
  message: { role: "assistant", toolName: "bash", model: "m", usage: { input: 1 } },
})}\n`;
const WHOLE = HEADER_LINE + BARE;
/**
 * What takes 64 MiB of an entry, a line above 1 MiB, a file that vanishes or is emptied amid a
 * call, or another program that has it open, to be there.
 */
const RARE = [
  "append.recreated",
  "append.truncated",
  "append.notMigrated",
  "tail.oversized",
  "repair.stillOpen",
  "migrate.stillOpen",
];

test("what is documented is what each command prints, and all of it", {
  timeout: 240_000,
}, async () => {
  const outputs: Record<keyof typeof JSON_SHAPES, unknown[]> = {
    append: [
      ...(await printed("append", `${WHOLE}{"type":"cus`)),
      ...(await printed("append", `${WHOLE}{"type":"cus\n`)),
    ],
    leaf: await printed("leaf", `${WHOLE}${BARE}{"type":"cus\n`),
    tail: await printed("tail", WHOLE),
    tree: await printed("tree", DAMAGED),
    stats: [...(await printed("stats", DAMAGED)), ...(await printed("stats", SPOKEN))],
    verify: [
      ...(await printed("verify", DAMAGED)),
      ...(await printed("verify", BARE)),
      ...(await printed("verify", boundaryLine("b", "b"))),
      ...(await printed("verify", "")),
    ],
    repair: [
      ...(await printed("repair", DAMAGED, "--write")),
      ...(await printed("repair", BARE)),
      ...(await printed("repair", HEADER_LINE + linkedLine("b", "b"))),
    ],
    migrate: await printed("migrate", HEADER_LINE + linearLine(), "--backup"),
    demo: await printed("demo", WHOLE),
  };
  const check = new ShapeCheck();
  for (const [name, { lines, shape }] of Object.entries(JSON_SHAPES)) {
    const documents = outputs[name as keyof typeof JSON_SHAPES];
    expect(documents.length, name).toBeGreaterThan(0);
    if (!lines) expect(documents.length, name).toBeLessThan(5);
    for (const document of documents) check.check(shape, document, name);
  }
  expect(check.problems).toEqual([]);
  const all = Object.entries(JSON_SHAPES).flatMap(([name, { shape }]) => optionals(shape, name));
  const unseen = all.filter((path) => !check.seen.has(path));
  expect(unseen.filter((path) => !RARE.some((rare) => path.startsWith(rare)))).toEqual([]);
});

test("help json prints the shapes; the usage of every command is on its page", async () => {
  const { code, stdout } = await runCli(["help", "json"]);
  expect({ code, stdout }).toEqual({ code: 0, stdout: `${jsonHelp()}\n` });
  expect(stdout).toMatch(/^ {2}longestLine +object$/m);
  const help = (await runCli(["help"])).stdout;
  const page = await readFile(new URL("../../src/cli/README.md", import.meta.url), "utf8");
  const usages = [...help.matchAll(/^ {2}(\S.+)$/gm)].map(([, usage]) => usage as string);
  expect(usages.length).toBeGreaterThan(6);
  for (const usage of usages) expect(page).toContain(`\`leaflog ${usage.replaceAll("|", "\\|")}\``);
});
