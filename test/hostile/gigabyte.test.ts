import { truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { HEADER_LINE, linkedLine } from "../support/lines.js";
import { runTypeScript } from "../support/run.js";
import { tempDirectory } from "../support/temp-directory.js";

// Lines of a gigabyte, in a process of their own, whose memory may not grow with them.
// LEAFLOG_LONG=1: eight gigabytes.
const MiB = 1024 * 1024;
const SIZE = 1024 * MiB * (process.env.LEAFLOG_LONG === "1" ? 8 : 1);
const CHILD = fileURLToPath(new URL("children/gigabyte-reader.ts", import.meta.url));
const LIMITS = { timeout: 600_000 };
const START = HEADER_LINE + linkedLine("a", null);

async function expectLeaf(leaf: object, args: readonly string[]): Promise<void> {
  const { code, stdout, stderr } = await runTypeScript(CHILD, args, { timeoutMs: 590_000 });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const found = JSON.parse(stdout) as { leaf: object; grown: number };
  console.log(`${SIZE / MiB} MiB: memory grew by ${Math.round(found.grown / MiB)} MiB`);
  expect(found.leaf).toEqual(leaf);
  expect(found.grown).toBeLessThan(64 * MiB);
}

async function sparseFile(start: string): Promise<string> {
  const file = join(await tempDirectory(), "sparse.jsonl");
  await writeFile(file, start);
  await truncate(file, SIZE);
  return file;
}

test("a sparse file without a newline", LIMITS, async () => {
  await expectLeaf({ id: null, shape: "empty" }, [await sparseFile("")]);
});

test("a transcript with a sparse torn tail", LIMITS, async () => {
  await expectLeaf({ id: "a", shape: "linked" }, [await sparseFile(START)]);
});

test("one linear line", LIMITS, async () => {
  const file = join(await tempDirectory(), "virtual.jsonl");
  const head = `${HEADER_LINE}{"type":"message","text":"`;
  const args = [file, String(SIZE), head, "x", '"}\n'];
  await expectLeaf({ id: null, shape: "linear" }, args);
});

test("one linked line, whose id comes last", LIMITS, async () => {
  const file = join(await tempDirectory(), "virtual.jsonl");
  const head = `${START}{"parentId":"a","x":[`;
  const args = [file, String(SIZE), head, " ", '],"id":"last"}\n'];
  await expectLeaf({ id: "last", shape: "linked" }, args);
});

test("a torn string", LIMITS, async () => {
  const file = join(await tempDirectory(), "virtual.jsonl");
  const args = [file, String(SIZE), `${START}{"id":"t","parentId":"a","x":"`, "x", ""];
  await expectLeaf({ id: "a", shape: "linked" }, args);
});
