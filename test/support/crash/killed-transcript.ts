import { existsSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { openTranscript } from "../../../src/index.js";
import { ensure, TranscriptLines } from "./transcript-lines.js";

/** The bytes of a file; none when a writer died before it made it. */
export function contentOf(file: string): Buffer {
  return existsSync(file) ? readFileSync(file) : Buffer.alloc(0);
}

export function isTorn(file: string): boolean {
  const content = contentOf(file);
  return content.length > 0 && content.at(-1) !== 0x0a;
}

/** That a dead holder's lock is taken over in time is another test's matter. */
export async function removeLock(file: string): Promise<void> {
  await rm(`${file}.lock`, { recursive: true, force: true });
  await rm(`${file}.lock.owner`, { force: true });
}

/**
 * Checks a transcript whose writers were killed: the next append works, every acknowledged entry
 * is there once and on the branch, batches are whole or abandoned, and at most one line a kill is
 * broken.
 *
 * @throws Error that says what is not so
 */
export async function checkKilled(
  file: string,
  acknowledged: readonly string[],
  kills: number,
): Promise<TranscriptLines> {
  const before = contentOf(file);
  const transcript = await openTranscript(file);
  await transcript.append({ type: "last", id: "last" });
  await transcript.close();
  const after = contentOf(file);
  ensure(after.subarray(0, before.length).equals(before), "old bytes were changed");
  const found = new TranscriptLines(after);
  ensure(found.lines.at(-1)?.id === "last", "the last entry is not the last line");
  ensure(found.lines[0]?.type === "session", "the header is not the first line");
  ensure(found.broken <= kills, `${found.broken} broken lines after ${kills} kills`);
  found.ensureBranchWhole();
  found.ensureBatchesWhole();
  for (const id of acknowledged) ensure(found.branch.has(id), `the acknowledged ${id} is lost`);
  return found;
}
