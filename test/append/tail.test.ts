import { appendFile, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openTranscript } from "../../src/index.js";
import { HEADER_LINE, linkedLine } from "../support/lines.js";
import { tempDirectory } from "../support/temp-directory.js";

test.each([
  ["a short line", "", "", true],
  ["a line longer than what is kept of it", "x".repeat(1000), "", true],
  ["a blank line", "", "\n", false],
])("%s loses its newline before another program appends: the end is read anew", async (...row) => {
  const [, text, blank, isFused] = row;
  const file = join(await tempDirectory(), "a.jsonl");
  await writeFile(file, HEADER_LINE + linkedLine("a", null));
  await using transcript = await openTranscript(file);
  await transcript.append({ type: "message", id: "b", text });
  await appendFile(file, blank);
  await expect(
    transcript.append({ type: "message" }, { expectedLeaf: "nobody" }),
  ).rejects.toMatchObject({ actual: "b" });
  await truncate(file, (await stat(file)).size - 1);
  await appendFile(file, linkedLine("foreign", "b"));
  const leaf = await transcript.leaf();
  expect(leaf).toMatchObject({ id: "foreign", shape: "linked" });
  expect(leaf.damagedLine !== undefined).toBe(isFused);
  expect(await transcript.append({ type: "message" })).toMatchObject({ parentId: "foreign" });
});
