import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { HEADER_LINE, linkedLine, readChain } from "../support/lines.js";
import { ROOT, run } from "../support/run.js";
import { tempDirectory } from "../support/temp-directory.js";

const LIMIT = 256;
// LEAFLOG_LONG=1 keeps ten times as many alive.
const TRANSCRIPTS = process.env.LEAFLOG_LONG === "1" ? 50_000 : 5000;
const ROUNDS = 2;
const READ_TRANSCRIPTS = 1500;
const child = (name: string): string => fileURLToPath(new URL(`children/${name}`, import.meta.url));

/** What the child prints, which runs with few descriptors. */
async function runLimited(name: string, args: readonly string[]): Promise<string> {
  const node = ["--import", "tsx", child(name), ...args];
  const command = `ulimit -n ${LIMIT}; exec "$0" "$@"`;
  const { code, stdout, stderr } = await run("sh", ["-c", command, process.execPath, ...node], {
    cwd: ROOT,
    timeoutMs: 590_000,
  });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout;
}

test.skipIf(process.platform !== "linux")(
  `${TRANSCRIPTS} live transcripts are appended to at once with ${LIMIT} descriptors`,
  { timeout: 600_000 },
  async () => {
    const directory = await tempDirectory();
    const args = [directory, String(TRANSCRIPTS), String(ROUNDS)];
    const stdout = await runLimited("live-transcripts.ts", args);
    console.log(`descriptors at most: ${stdout.trim()}`);
    const names = await readdir(directory);
    expect(names).toHaveLength(TRANSCRIPTS);
    for (const name of names) {
      const chain = await readChain(join(directory, name));
      expect(chain.map(({ type, round }) => `${type}${round}`)).toEqual(["a0", "b0", "a1", "b1"]);
    }
  },
);

test.skipIf(process.platform !== "linux")(
  `${READ_TRANSCRIPTS} transcripts are read at once, in every way, with ${LIMIT} descriptors`,
  { timeout: 600_000 },
  async () => {
    const directory = await tempDirectory();
    const content = HEADER_LINE + linkedLine("a", null) + linkedLine("b", "a");
    for (let n = 0; n < READ_TRANSCRIPTS; n += 1) {
      await writeFile(join(directory, `${n}.jsonl`), content);
    }
    const stdout = await runLimited("many-readers.ts", [directory, String(READ_TRANSCRIPTS)]);
    console.log(`reading: ${stdout.trim()}`);
    const all = 7 * READ_TRANSCRIPTS;
    expect(JSON.parse(stdout)).toMatchObject({ right: all, of: all, seen: 4 * READ_TRANSCRIPTS });
  },
);
