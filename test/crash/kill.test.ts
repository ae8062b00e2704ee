import { spawn } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { openTranscript } from "../../src/index.js";
import { tempDirectory } from "../support/temp-directory.js";

const PROGRAM = fileURLToPath(new URL("children/acknowledging-writer.ts", import.meta.url));
const ROUNDS = 6;

/** Runs a writer, kills it in the middle of its work; resolves to the ids it had acknowledged. */
async function killWriter(file: string, bytes: number): Promise<string[]> {
  const child = spawn(process.execPath, ["--import", "tsx", PROGRAM, file, String(bytes)]);
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk;
  });
  while (!output.includes("\n")) await once(child.stdout, "data");
  await new Promise((resolve) => setTimeout(resolve, Math.random() * 60));
  child.kill("SIGKILL");
  await once(child, "close");
  // That a dead holder's lock is taken over in time is another test's matter.
  await rm(`${file}.lock`, { recursive: true, force: true });
  await rm(`${file}.lock.owner`, { force: true });
  return output.split("\n").slice(0, -1);
}

test.each([
  [300],
  [64 * 1024],
  [3 * 1024 * 1024],
])("SIGKILL loses no acknowledged entry of %d bytes, and no half line harms the next", {
  timeout: 120_000,
}, async (bytes) => {
  const file = join(await tempDirectory(), "a.jsonl");
  const acknowledged: string[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    acknowledged.push(...(await killWriter(file, bytes)));
  }
  await using transcript = await openTranscript(file);
  const last = await transcript.append({ type: "last" });
  const parents = new Map<string, string | null | undefined>();
  for await (const { entry } of transcript.entries()) {
    parents.set(entry?.id as string, entry?.parentId);
  }
  const branch = new Set<string>();
  for (let id: string | null | undefined = last.id; id; id = parents.get(id)) branch.add(id);
  expect(acknowledged.length).toBeGreaterThan(0);
  expect(acknowledged.filter((id) => !branch.has(id))).toEqual([]);
});
