import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { readChain } from "../support/lines.js";
import { runTypeScript } from "../support/run.js";
import { tempDirectory } from "../support/temp-directory.js";

const WRITERS = 4;
const KEYS = 300;

interface Told {
  readonly number: number;
  readonly id: string;
  readonly appended: boolean;
}

test(`${WRITERS} processes that append under the same ${KEYS} keys make one entry of each`, {
  timeout: 120_000,
}, async () => {
  const file = join(await tempDirectory(), "a.jsonl");
  const program = fileURLToPath(new URL("children/keyed-writer.ts", import.meta.url));
  const runs = await Promise.all(
    Array.from({ length: WRITERS }, (_, writer) =>
      runTypeScript(program, [file, String(writer), String(KEYS)], { timeoutMs: 100_000 }),
    ),
  );
  for (const { code, stderr } of runs) expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const told = runs.flatMap(({ stdout }) => JSON.parse(stdout) as Told[]);
  const entries = await readChain(file);
  expect(entries).toHaveLength(KEYS);
  const ids = new Map(
    entries.map(({ id, message }) => [(message as { idempotencyKey: string }).idempotencyKey, id]),
  );
  for (const { number, id } of told) expect(id).toBe(ids.get(`key ${number}`));
  expect(told.filter(({ appended }) => appended)).toHaveLength(KEYS);
});
