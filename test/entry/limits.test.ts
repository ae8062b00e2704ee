import { appendFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { MAX_MEMBER_LENGTH } from "../../src/entry/limits.js";
import {
  openTranscript,
  readBranch,
  readLeaf,
  readTail,
  repairTranscript,
  verifyTranscript,
} from "../../src/index.js";
import { HEADER_LINE, linkedLine } from "../support/lines.js";
import { tempDirectory } from "../support/temp-directory.js";

const newFile = async () => join(await tempDirectory(), "t.jsonl");
const LONGEST = "x".repeat(MAX_MEMBER_LENGTH);

describe("what is appended can be read back", () => {
  test.each([
    ["id", { type: "custom", id: `${LONGEST}y` }],
    ["type", { type: `${LONGEST}y` }],
  ])("a longer %s is refused before any byte", async (name, entry) => {
    const file = await newFile();
    await using transcript = await openTranscript(file);
    await expect(transcript.append(entry)).rejects.toMatchObject({
      code: "LEAFLOG_INVALID_ARGUMENT",
      message: expect.stringContaining(`\`${name}\``),
    });
    expect(await readLeaf(file)).toEqual({ id: null, shape: "empty" });
  });

  test.each([
    ["plain", LONGEST],
    ["of control characters", "\u0001".repeat(MAX_MEMBER_LENGTH)],
    ["of wide characters", "\u20ac".repeat(MAX_MEMBER_LENGTH)],
  ])("the longest id, %s, is linked to by another handle and by every reader", async (_, id) => {
    const file = await newFile();
    await using first = await openTranscript(file);
    await first.append({ type: "custom", id: "first" });
    await first.append({ type: "custom", id, targetId: "z".repeat(70_000), note: "kept" });
    await first.close();
    expect(await readLeaf(file)).toEqual({ id, shape: "linked" });
    await using second = await openTranscript(file);
    expect(await second.append({ type: "custom", id: "last" })).toMatchObject({ parentId: id });
    const ids: unknown[] = [];
    for await (const { entry } of readBranch(file)) ids.push(entry?.id);
    expect(ids).toEqual(["last", id, "first"]);
    expect(await verifyTranscript(file)).toMatchObject({ ok: true, links: { branchLength: 3 } });
    expect(await repairTranscript(file, { dryRun: true })).toMatchObject({ changed: false });
  });

  test("members of any length that tie nothing together are carried", async () => {
    const file = await newFile();
    await using transcript = await openTranscript(file);
    const long = "z".repeat(70_000);
    await transcript.append({ type: "custom", targetId: long, version: long });
    await transcript.append({ type: "compaction", firstKeptEntryId: long });
    await transcript.append({ type: "message", message: { role: long, content: "" } });
    await transcript.append({ type: "leaf", targetId: long });
    expect(await readTail(file, 9)).toHaveLength(4);
    expect(await verifyTranscript(file)).toMatchObject({ ok: true, counts: { linked: 4 } });
    expect(await repairTranscript(file, { dryRun: true })).toMatchObject({ changed: false });
  });

  test("no line is longer than maxEntryBytes for the sake of its parent's id", async () => {
    const file = await newFile();
    await using transcript = await openTranscript(file, { maxEntryBytes: 4000 });
    await transcript.append({ type: "x", id: "p".repeat(3000) });
    await expect(transcript.append({ type: "x", text: "y".repeat(1500) })).rejects.toMatchObject({
      code: "LEAFLOG_ENTRY_TOO_LARGE",
      file,
    });
    const entries = [
      { type: "x", id: "q".repeat(200) },
      { type: "x", text: "y".repeat(3700) },
    ];
    await expect(transcript.appendBatch(entries)).rejects.toMatchObject({
      code: "LEAFLOG_ENTRY_TOO_LARGE",
    });
    await transcript.append({ type: "x", id: "short" });
    const { length } = await transcript.append({ type: "x", text: "y".repeat(3700) });
    expect(length).toBeLessThanOrEqual(4000);
    expect((await transcript.tail(1))[0]?.entry).toBeDefined();
  });
});

test("another program's entry with a longer id is read, takes no part in the chain, and stays", async () => {
  const file = await newFile();
  const long = "x".repeat(MAX_MEMBER_LENGTH + 1);
  await writeFile(file, HEADER_LINE + linkedLine("a", null));
  await appendFile(file, linkedLine(long, "a", { note: "theirs" }) + linkedLine("b", long));
  await using transcript = await openTranscript(file);
  expect((await transcript.tail(9)).map(({ entry }) => entry?.note)).toContain("theirs");
  expect(await transcript.append({ type: "x" })).toMatchObject({ parentId: "a", linked: true });
  expect(await verifyTranscript(file)).toMatchObject({ malformed: { total: 0 } });
  expect(await repairTranscript(file)).toMatchObject({ movedBytes: 0 });
  expect((await transcript.tail(9)).map(({ entry }) => entry?.note)).toContain("theirs");
});
