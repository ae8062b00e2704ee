import { readFileSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  migrateTranscript,
  openTranscript,
  readHeader,
  readLeaf,
  repairTranscript,
  verifyTranscript,
} from "../../src/index.js";
import { interceptedFileSystem } from "../support/intercepted-file-system.js";
import { HEADER_LINE, linearLine, linkedLine } from "../support/lines.js";
import { runCli } from "../support/run.js";
import { tempDirectory } from "../support/temp-directory.js";

// Oh My Pi begins its sessions with a row of 256 bytes that holds the title, and rewrites that in
// place; the header is the second line (kenn-io/agentsview#980, junhoyeo/tokscale#802).

const SLOT_BYTES = 256;

function slot(title: string): string {
  const row = (pad: string): string =>
    `${JSON.stringify({ type: "title", v: 1, title, source: "user", pad })}\n`;
  return row(" ".repeat(SLOT_BYTES - row("").length));
}

const FIRST = slot("a title");
const SECOND = slot("another and longer title");
const ENTRIES = linkedLine("a", null) + linkedLine("b", "a");
const SESSION = FIRST + HEADER_LINE + ENTRIES;

async function fileOf(content: string): Promise<string> {
  const file = join(await tempDirectory(), "t.jsonl");
  writeFileSync(file, content);
  return file;
}

/** What the owner does. */
async function retitle(file: string, row = SECOND): Promise<void> {
  const handle = await open(file, "r+");
  await handle.write(row, 0);
  await handle.close();
}

const read = (file: string): string => readFileSync(file, "utf8");

describe("a title before the header", () => {
  test("is no damage: the header stands behind it", async () => {
    const file = await fileOf(SESSION);
    expect(await verifyTranscript(file)).toMatchObject({
      ok: true,
      content: "transcript",
      header: { state: "header", id: "session-1", version: 3 },
      counts: { linked: 2, linear: 0, unlinked: 1, headers: 1 },
    });
    expect(await readHeader(file)).toMatchObject({ type: "session", id: "session-1" });
    expect(await readLeaf(file)).toEqual({ id: "b", shape: "linked" });
    expect(await repairTranscript(file)).toMatchObject({ changed: false });
    expect(await migrateTranscript(file)).toMatchObject({ changed: false });
    for (const command of ["tree", "stats"]) {
      expect(await runCli([command, file])).toMatchObject({ code: 0 });
    }
    expect(read(file)).toBe(SESSION);
  });

  test("is nobody's parent, and no entry to be linked", async () => {
    const file = await fileOf(FIRST + HEADER_LINE);
    expect(await readLeaf(file)).toEqual({ id: null, shape: "empty" });
    await using transcript = await openTranscript(file);
    expect(await transcript.append({ type: "new" })).toMatchObject({ parentId: null });
    expect(read(file).startsWith(FIRST + HEADER_LINE)).toBe(true);
    expect((await verifyTranscript(file)).ok).toBe(true);
  });

  test("may change while a transcript is appended to, paged and followed", async () => {
    const file = await fileOf(SESSION);
    await using transcript = await openTranscript(file, { lock: { idleMs: 500, maxHoldMs: 5000 } });
    const { after } = await transcript.page();
    const short = await transcript.page({ limit: 1 });
    const resets: string[] = [];
    const options = { cursor: after, pollMs: 20, signal: AbortSignal.timeout(20_000) };
    const followed = transcript.follow({
      ...options,
      onReset: ({ reason }) => resets.push(reason),
    });
    let parentId: string | null | undefined = "b";
    for (const row of [SECOND, FIRST, slot(""), SECOND]) {
      const result = await transcript.append({ type: "new" });
      expect(result).toMatchObject({ parentId, linked: true });
      expect((await followed.next()).value?.entry?.id).toBe(result.id);
      parentId = result.id;
      await retitle(file, row);
    }
    await followed.return();
    expect(resets).toEqual([]);
    for (const cursor of [after, short.after, short.before]) {
      expect(await transcript.page({ cursor })).not.toHaveProperty("reset");
    }
    expect(read(file).startsWith(SECOND + HEADER_LINE + ENTRIES)).toBe(true);
    expect(await verifyTranscript(file)).toMatchObject({ ok: true, leaf: { id: parentId } });
  });

  test("does not hide that what stands behind it was rewritten", async () => {
    const file = await fileOf(SESSION);
    await using transcript = await openTranscript(file);
    const { after: cursor } = await transcript.page();
    writeFileSync(file, SESSION.replace("session-1", "session-2"));
    expect(await transcript.page({ cursor })).toMatchObject({ reset: { reason: "rewritten" } });
  });

  test("stays where it is when the transcript is migrated", async () => {
    const header = HEADER_LINE.replace('"version":3', '"version":1');
    const kept = JSON.stringify({ type: "compaction", summary: "s", firstKeptEntryIndex: 2 });
    const file = await fileOf(`${FIRST}${header}${linearLine()}${linearLine()}${kept}\n`);
    expect((await verifyTranscript(file)).ok).toBe(true);
    expect(await migrateTranscript(file)).toMatchObject({ changed: true, migrated: 3 });
    expect(read(file).startsWith(FIRST + HEADER_LINE)).toBe(true);
    const entries = read(file).trim().split("\n").slice(2);
    const [, second, compaction] = entries.map((line) => JSON.parse(line) as { id: string });
    expect(compaction).toMatchObject({ firstKeptEntryId: second?.id });
    expect((await verifyTranscript(file)).ok).toBe(true);
  });

  test("stays where it is when an append migrates", async () => {
    const file = await fileOf(FIRST + HEADER_LINE + linearLine() + linearLine());
    await using transcript = await openTranscript(file);
    expect(await transcript.append({ type: "new" })).toMatchObject({ linked: true });
    expect(read(file).startsWith(FIRST + HEADER_LINE)).toBe(true);
    expect(await verifyTranscript(file)).toMatchObject({ ok: true, counts: { linear: 0 } });
  });

  test.each([
    "repair",
    "migrate",
  ])("is as its owner left it when that was during a %s", async (work) => {
    const header = HEADER_LINE.replace('"version":3', '"version":1');
    const file = await fileOf(`${FIRST}${header}${linearLine()}{"cut":\n${linearLine()}`);
    let times = 0;
    const fileSystem = interceptedFileSystem(async ({ name, path }, run) => {
      if (name === "file.write" && path !== file && path.startsWith(`${file}.`)) {
        times += 1;
        if (times <= 2) await retitle(file, times === 1 ? SECOND : slot("a third title"));
      }
      return run();
    });
    if (work === "repair") await repairTranscript(file, { fileSystem, settleMs: 0 });
    else await migrateTranscript(file, { fileSystem, settleMs: 0 });
    expect(times).toBeGreaterThan(2);
    expect(read(file).startsWith(slot("a third title") + HEADER_LINE)).toBe(true);
  });

  test.each([
    ["is lost", ENTRIES],
    ["is cut", `${HEADER_LINE.slice(0, 70)}\n${ENTRIES}`],
    ["is cut, and nothing else is there", HEADER_LINE.slice(0, 70)],
    ["stands further down", ENTRIES + HEADER_LINE],
    ["is fused with an entry that is cut", HEADER_LINE.trim() + ENTRIES.slice(0, 20)],
  ])("has the header behind it after a repair where that %s", async (_, rest) => {
    const file = await fileOf(FIRST + rest);
    const plan = await repairTranscript(file, { dryRun: true });
    const report = await repairTranscript(file);
    expect(report).toMatchObject({ changed: true, bytesAfter: plan.bytesAfter });
    const [first, second = ""] = read(file).split("\n");
    expect(`${first}\n`).toBe(FIRST);
    expect(JSON.parse(second)).toMatchObject({ type: "session", version: 3 });
    expect((await verifyTranscript(file)).ok).toBe(true);
    expect((await repairTranscript(file)).changed).toBe(false);
  });

  test.each([FIRST, FIRST.trim()])("alone has the header written behind it", async (content) => {
    const file = await fileOf(content);
    await using transcript = await openTranscript(file);
    await transcript.append({ type: "new" });
    const lines = read(file).split("\n");
    expect(`${lines[0]}\n`).toBe(FIRST);
    expect(lines.slice(1, 3).map((line) => JSON.parse(line).type)).toEqual(["session", "new"]);
    expect((await verifyTranscript(file)).ok).toBe(true);
  });

  test("is an entry like any other where it has an id", async () => {
    const file = await fileOf(HEADER_LINE + linkedLine("t", null, { type: "title" }));
    expect(await readLeaf(file)).toEqual({ id: "t", shape: "linked" });
  });
});
