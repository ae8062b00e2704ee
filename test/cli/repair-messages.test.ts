import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { HEADER_LINE, linkedLine } from "../support/lines.js";
import { runCli } from "../support/run.js";
import { tempDirectory } from "../support/temp-directory.js";

async function fileOf(content: string): Promise<string> {
  const file = join(await tempDirectory(), "transcript.jsonl");
  await writeFile(file, content);
  return file;
}

test("a repair of the end alone does not say that the file is repaired", async () => {
  const broken = linkedLine("b", "missing");
  const file = await fileOf(`${HEADER_LINE}${linkedLine("a", null)}${broken}{"type":"mes`);
  for (const flags of [[], ["--write"], ["--write"]]) {
    const { stdout } = await runCli(["repair", file, "--mode", "tail", ...flags]);
    expect(stdout).toMatch(/^verdict: .*the rest was not looked at: leaflog verify FILE does$/m);
    expect(stdout).not.toMatch(/^verdict: +repaired/m);
  }
  expect((await runCli(["verify", file])).stdout).toMatch(/damaged: dangling/);
});

test("an entry that is its own parent is said to be", async () => {
  const file = await fileOf(HEADER_LINE + linkedLine("a", null) + linkedLine("b", "b"));
  const { stdout } = await runCli(["repair", file]);
  expect(stdout).toContain("it names itself as its parent");
  expect(stdout).not.toContain("is not there");
  const json = JSON.parse((await runCli(["repair", file, "--json"])).stdout) as object;
  expect(json).toMatchObject({ changes: { first: [{ parentId: "b", itself: true }] } });
});

test("where rows that were replayed are dropped, it tells that the leaf is another one", async () => {
  const lines = ["a", "b", "c", "d"].map((id, at, all) => linkedLine(id, all[at - 1] ?? null));
  const file = await fileOf([HEADER_LINE, ...lines, ...lines.slice(0, 2)].join(""));
  const dry = await runCli(["repair", file]);
  expect(dry.stderr).toBe("");
  const { stderr } = await runCli(["repair", file, "--write"]);
  expect(stderr).toBe("leaflog: the next append goes on from d, no longer from b\n");
  expect((await runCli(["leaf", file])).stdout).toBe("d\n");
});
