import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { readChain } from "../support/lines.js";
import { runTypeScript } from "../support/run.js";
import { tempDirectory } from "../support/temp-directory.js";

const CHILD = fileURLToPath(new URL("children/never-closed.ts", import.meta.url));

test.for([
  "awaited",
  "unawaited",
  "read",
])("a process with open transcripts ends by itself: %s", async (ending) => {
  const directory = await tempDirectory();
  // Killed after this, which then shows as a signal.
  const options = { timeoutMs: 10_000 };
  const result = await runTypeScript(CHILD, [directory, ending], options);
  expect(result).toEqual({ code: 0, signal: null, stdout: "", stderr: "" });
  const names = await readdir(directory);
  expect(names.filter((name) => !name.endsWith(".jsonl"))).toEqual([]);
  expect(names).toHaveLength(20);
  for (const name of names) expect(await readChain(join(directory, name))).toHaveLength(1);
});
