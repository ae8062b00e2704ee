import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { migrateTranscript, openTranscript } from "../../src/index.js";
import { tempDirectory } from "../support/temp-directory.js";
import { versionOneSessions } from "../support/version-one-session.js";
import { expectAgreement, expectOneChain } from "./agreement.js";
import { withoutInsertedMembers } from "./inserted-members.js";
import { assistantMessage, openPi, type PiEntry, userMessage } from "./pi-session.js";

describe.each(await versionOneSessions())("$name of version 1", ({ content, entries: count }) => {
  async function sessionCopy(): Promise<string> {
    const file = join(await tempDirectory(), "session.jsonl");
    await writeFile(file, content);
    return file;
  }

  test("is migrated by an append, with every original byte kept, and opens in pi", async () => {
    const file = await sessionCopy();
    const original = await readFile(file);
    const texts = ["one", "two", "three", "four", "five"];
    await using transcript = await openTranscript(file);
    for (const text of texts) await transcript.appendMessage(assistantMessage(text));

    const migrated = await readFile(file);
    const end = endOfLine(migrated, 1 + count);
    expect(original.equals(withoutInsertedMembers(migrated.subarray(0, end)))).toBe(true);

    const { pi, entries } = await expectAgreement(file);
    expect(entries).toHaveLength(count + texts.length);
    expectOneChain(entries);
    expect(pi.getBranch()).toEqual(entries);
    expect(pi.getHeader()).toEqual({ version: 3, ...headerOf(original) });
  });

  test("goes on between pi and leaflog as one chain", async () => {
    const file = await sessionCopy();
    await using transcript = await openTranscript(file);
    const first = await transcript.appendMessage(userMessage("leaflog"));
    const pi = openPi(file);
    expect(pi.getLeafId()).toBe(first.id);
    const answerId = pi.appendMessage(assistantMessage("pi"));
    expect((await transcript.appendMessage(userMessage("leaflog"))).parentId).toBe(answerId);
    const { entries } = await expectAgreement(file);
    expect(entries).toHaveLength(count + 3);
    expectOneChain(entries);
  });

  test("becomes what pi's own migration makes of it, ids apart", async () => {
    const file = await sessionCopy();
    const piFile = await sessionCopy();
    expect(await migrateTranscript(file)).toMatchObject({
      changed: true,
      entries: count,
      migrated: count,
    });
    const byPi = openPi(piFile);
    const { pi: byLeaflog } = await expectAgreement(file);
    expect(byPi.getHeader()).toEqual(byLeaflog.getHeader());
    expect(byIndex(byLeaflog.getEntries())).toEqual(byIndex(byPi.getEntries()));
    expect(byLeaflog.buildSessionContext()).toEqual(byPi.buildSessionContext());
  });

  test("to which leaflog appends without ids is migrated by pi", async () => {
    const file = await sessionCopy();
    const original = await readFile(file);
    await using transcript = await openTranscript(file, { linear: "raw" });
    const { linked, parentId } = await transcript.appendMessage(assistantMessage("raw"));
    expect({ linked, parentId }).toEqual({ linked: false, parentId: undefined });
    expect(original.equals((await readFile(file)).subarray(0, original.length))).toBe(true);
    const entries = openPi(file).getEntries();
    expect(entries).toHaveLength(count + 1);
    expectOneChain(entries);
    expect(entries.at(-1)?.message).toEqual(assistantMessage("raw"));
  });
});

describe("what pi's migration converts", () => {
  test("the first kept entry of a compaction and the role of hook messages", async () => {
    const lines = [
      { type: "session", id: "old", timestamp: "2025-11-01T00:00:00.000Z", cwd: "/" },
      { type: "message", message: userMessage("forgotten") },
      { type: "message", message: { role: "hookMessage", content: "from a hook" } },
      { type: "message", message: assistantMessage("kept") },
      { type: "compaction", summary: "so far", firstKeptEntryIndex: 3, tokensBefore: 9 },
      { type: "custom", customType: "not a message", message: { role: "hookMessage" } },
      { type: "message", message: userMessage("last") },
    ].map((line) => ({ timestamp: "2025-11-01T00:00:00.000Z", ...line }));
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
    const directory = await tempDirectory();
    const file = join(directory, "leaflog.jsonl");
    const piFile = join(directory, "pi.jsonl");
    await Promise.all([file, piFile].map((path) => writeFile(path, text)));

    await migrateTranscript(file);
    const byPi = openPi(piFile);
    const { pi: byLeaflog, entries } = await expectAgreement(file);
    expect(byIndex(entries)).toEqual(byIndex(byPi.getEntries()));
    expect(byLeaflog.getHeader()).toEqual(byPi.getHeader());
    expect(byLeaflog.buildSessionContext()).toEqual(byPi.buildSessionContext());
    expect(entries[3]).toMatchObject({ firstKeptEntryId: entries[2]?.id });
    expect(entries[3]).not.toHaveProperty("firstKeptEntryIndex");
    expect(entries[1]).toMatchObject({ message: { role: "custom" } });
    expect(entries[4]).toMatchObject({ message: { role: "hookMessage" } });
  });
});

/** Entries with the places of others instead of their ids, which no two migrations share. */
function byIndex(entries: readonly PiEntry[]): object[] {
  const places = new Map(entries.map(({ id }, index) => [id, index]));
  return entries.map(({ id, parentId, firstKeptEntryId, ...members }) => ({
    ...members,
    place: places.get(id),
    parent: parentId === null ? null : places.get(parentId),
    ...(typeof firstKeptEntryId === "string" && { firstKept: places.get(firstKeptEntryId) }),
  }));
}

function headerOf(content: Buffer): object {
  return JSON.parse(content.toString("utf8", 0, content.indexOf(0x0a))) as object;
}

function endOfLine(content: Buffer, line: number): number {
  let end = 0;
  for (let count = 0; count < line; count += 1) end = content.indexOf(0x0a, end) + 1;
  return end;
}
