import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { readChain } from "../support/lines.js";
import { ROOT, run } from "../support/run.js";
import { tempDirectory } from "../support/temp-directory.js";

const LIMIT = 256;
// LEAFLOG_LONG=1 keeps ten times as many alive.
const TRANSCRIPTS = process.env.LEAFLOG_LONG === "1" ? 50_000 : 5000;
const ROUNDS = 2;
const CHILD = fileURLToPath(new URL("children/live-transcripts.ts", import.meta.url));

test.skipIf(process.platform !== "linux")(
  `${TRANSCRIPTS} live transcripts are appended to at once with ${LIMIT} descriptors`,
  { timeout: 600_000 },
  async () => {
    const directory = await tempDirectory();
    const node = ["--import", "tsx", CHILD, directory, String(TRANSCRIPTS), String(ROUNDS)];
    const command = `ulimit -n ${LIMIT}; exec "$0" "$@"`;
    const { code, stdout, stderr } = await run("sh", ["-c", command, process.execPath, ...node], {
      cwd: ROOT,
      timeoutMs: 590_000,
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    console.log(`descriptors at most: ${stdout.trim()}`);
    const names = await readdir(directory);
    expect(names).toHaveLength(TRANSCRIPTS);
    for (const name of names) {
      const chain = await readChain(join(directory, name));
      expect(chain.map(({ type, round }) => `${type}${round}`)).toEqual(["a0", "b0", "a1", "b1"]);
    }
  },
);
