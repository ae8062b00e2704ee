import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { expect } from "vitest";
import { type RepairReport, repairTranscript, verifyTranscript } from "../../../src/index.js";
import type { RepairOptions } from "../../../src/repair/repair-options.js";
import { expectAgreement } from "../../interop/agreement.js";
import { assistantMessage, type PiEntry, userMessage } from "../../interop/pi-session.js";
import { tempDirectory } from "../temp-directory.js";

export const OPTIONS: RepairOptions = {
  mode: "salvage",
  dryRun: false,
  backup: true,
  header: "required",
  sessionId: undefined,
  cwd: "/",
  stillOwner: async () => true,
};

const TIME = "2026-01-01T00:00:00.000Z";

export const HEADER: string = JSON.stringify({
  type: "session",
  version: 3,
  id: "session-1",
  timestamp: TIME,
  cwd: "/work",
});

/** A message as pi writes it, without its newline. */
export function message(
  id: string,
  parentId: string | null,
  text: string = `text of ${id}`,
): string {
  const body = Number.parseInt(id.replace(/\D/g, "") || "0", 10) % 2;
  return JSON.stringify({
    type: "message",
    id,
    parentId,
    timestamp: TIME,
    message: body === 0 ? userMessage(text) : assistantMessage(text),
  });
}

/** `count` messages, each linked to the one before: m0, m1, … */
export function chain(count: number): string[] {
  return Array.from({ length: count }, (_, index) =>
    message(`m${index}`, index === 0 ? null : `m${index - 1}`),
  );
}

/** Lines with their newlines. */
export function text(...lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join("");
}

/** A transcript in a directory of its own. */
export async function transcript(content: string | Buffer): Promise<string> {
  const file = join(await tempDirectory(), "t.jsonl");
  writeFileSync(file, content, { mode: 0o600 });
  return file;
}

export const namesBeside = (file: string): string[] => readdirSync(dirname(file)).sort();

/** Bytes that a repair moved away, by where they were. */
export function movedBytes({ damagedFile }: RepairReport): Map<number, Buffer> {
  const moved = new Map<number, Buffer>();
  if (damagedFile === undefined) return moved;
  for (const line of readFileSync(damagedFile, "utf8").trimEnd().split("\n")) {
    const { offset, length, base64, byte } = JSON.parse(line);
    const bytes = base64 === undefined ? Buffer.alloc(length, byte) : Buffer.from(base64, "base64");
    expect(bytes).toHaveLength(length);
    moved.set(offset, bytes);
  }
  return moved;
}

/**
 * Repairs a transcript, and expects what holds of every repair: a dry run tells the same changes
 * and leaves no trace; what was moved is what stood there; the original is kept; the result has no
 * problems, and a second repair finds nothing to do.
 */
export async function repaired(file: string): Promise<RepairReport> {
  const before = readFileSync(file);
  const names = namesBeside(file);
  const plan = await repairTranscript(file, { dryRun: true });
  expect(readFileSync(file).equals(before)).toBe(true);
  expect(namesBeside(file)).toEqual(names);

  const verdict = await verifyTranscript(file);
  const report = await repairTranscript(file);
  expect(report.changes).toEqual(plan.changes);
  expect(report.changed).toBe(plan.changed);
  expect(report.movedBytes).toBe(plan.movedBytes);
  expect(report.changed).toBe(!verdict.ok);

  const moved = movedBytes(report);
  let bytes = 0;
  for (const [offset, part] of moved) {
    expect(before.subarray(offset, offset + part.length).equals(part)).toBe(true);
    bytes += part.length;
  }
  expect(report.movedBytes).toBe(bytes);
  if (report.changed) expect(readFileSync(report.backup ?? "").equals(before)).toBe(true);
  const kept = [report.backup, report.damagedFile].filter((path) => path !== undefined);
  expect(namesBeside(file)).toEqual([...names, ...kept.map((path) => basename(path))].sort());

  const after = readFileSync(file);
  expect(report.bytesAfter).toBe(after.length);
  const again = await verifyTranscript(file);
  expect(again.problems).toEqual([]);
  expect(await repairTranscript(file)).toMatchObject({ changed: false, changes: { total: 0 } });
  expect(readFileSync(file).equals(after)).toBe(true);
  return report;
}

/** Has pi open a file, and expects that it sees what leaflog sees; the ids from root to leaf. */
export async function branchByPi(file: string): Promise<string[]> {
  const { pi } = await expectAgreement(file);
  return pi.getBranch().map(({ id }: PiEntry) => id);
}
