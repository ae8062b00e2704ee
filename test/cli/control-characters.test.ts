import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { runCli } from "../support/run.js";
import { tempDirectory } from "../support/temp-directory.js";

/** Starts a control sequence, sets a title, ends a line, turns the direction: as single characters. */
const HOSTILE = "\u009b2J\u009d0;title\u009c\u0085\u007f\u061c\u202e\u2066\u200f\u2028";
const RAW =
  /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]|[\u0000-\u0009\u000b-\u001f]/;

/** A transcript of which every name, id and parent is hostile, linked or linear. */
async function hostileFile(kind: "linked" | "linear" | "damaged"): Promise<string> {
  const file = join(await tempDirectory(), `${kind}.jsonl`);
  const text = `${HOSTILE}`;
  const links = kind === "linear" ? {} : { parentId: null };
  const lines = [
    { type: "session", version: kind === "linear" ? 1 : 3, id: text, cwd: text },
    { type: text, id: text, ...links, message: { role: text, model: text, content: text } },
    { type: "message", id: `b${text}`, ...(kind === "linear" ? {} : { parentId: `${text}x` }) },
  ];
  const written = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
  await writeFile(file, kind === "damaged" ? `${written}{"type":"${text}"\n` : written);
  return file;
}

describe("no command writes to a terminal what stands in a transcript as it is", () => {
  test.each([
    ["leaf", "linked"],
    ["tail", "damaged"],
    ["tree", "linked"],
    ["stats", "linked"],
    ["verify", "damaged"],
    ["repair", "damaged"],
    ["migrate", "linear"],
  ] as const)("%s", async (command, kind) => {
    for (const flags of [[], ["--json"]]) {
      const file = await hostileFile(kind);
      const { stdout, stderr } = await runCli([command, file, ...flags]);
      expect(stdout.replaceAll("\n", "")).not.toMatch(RAW);
      expect(stderr.replaceAll("\n", "")).not.toMatch(RAW);
      expect(`${stdout}${stderr}`.length).toBeGreaterThan(0);
      if (flags.length === 0) continue;
      const said = stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as unknown);
      // What was made harmless says the same.
      if (command !== "migrate") expect(JSON.stringify(said)).toContain("\u202e");
    }
  });

  test("nor what is typed or names a file", async () => {
    const directory = join(await tempDirectory(), HOSTILE);
    await mkdir(directory);
    const runs = [
      await runCli(["verify", join(directory, "missing")]),
      await runCli(["verify", "--format", HOSTILE, "x"]),
      await runCli([HOSTILE]),
      await runCli(["append", join(directory, "new", "t.jsonl")], { input: '{"type":"x"}\n' }),
    ];
    for (const { stdout, stderr } of runs) {
      expect(stderr).not.toBe("");
      expect(`${stdout}${stderr}`.replaceAll("\n", "")).not.toMatch(RAW);
    }
  });
});
