import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  migrateTranscript,
  onTranscriptUpdate,
  openTranscript,
  type TranscriptUpdate,
  verifyTranscript,
} from "../../src/index.js";
import { CLAUDE_SESSION, CODEX_ROLLOUT, claudeLine, NOTES } from "../support/format-lines.js";
import { HEADER_LINE } from "../support/lines.js";
import { tempDirectory } from "../support/temp-directory.js";

async function named(content?: string): Promise<string> {
  const file = join(await tempDirectory(), "t.jsonl");
  if (content !== undefined) writeFileSync(file, content);
  return file;
}

const linesOf = (file: string) =>
  readFileSync(file, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
const refused = (message: RegExp) => ({
  code: "LEAFLOG_INVALID_ARGUMENT",
  message: expect.stringMatching(message),
});

describe("appending to a session of Claude Code", () => {
  it("goes on from its leaf by its names, before it was looked at and after", async () => {
    const file = await named(CLAUDE_SESSION);
    await using transcript = await openTranscript(file);
    const first = await transcript.append({ type: "user", sessionId: "s", uuid: "mine" });
    expect(first).toMatchObject({ id: "mine", parentId: "a3", linked: true });
    const second = await transcript.appendMessage({ role: "assistant", content: "Hi" });
    const third = await transcript.append({ type: "system" });
    expect(await transcript.leaf()).toEqual({ id: third.id, shape: "linked" });
    expect(readFileSync(file, "utf8").startsWith(CLAUDE_SESSION)).toBe(true);
    const [one, two, three] = linesOf(file).slice(-3);
    expect(one).toEqual({
      type: "user",
      uuid: "mine",
      parentUuid: "a3",
      timestamp: expect.any(String),
      sessionId: "s",
    });
    expect(two).toMatchObject({ type: "assistant", uuid: second.id, parentUuid: "mine" });
    expect(two).not.toHaveProperty("id");
    expect(three).toMatchObject({ uuid: third.id, parentUuid: second.id });
    expect(await verifyTranscript(file)).toMatchObject({ ok: true, links: { branchLength: 10 } });
    expect(await transcript.entry("mine")).toMatchObject({ offset: first.offset });
  });

  it("does the same with one and many entries in one breath, and after others appended", async () => {
    const file = await named(CLAUDE_SESSION);
    await using transcript = await openTranscript(file);
    const results = await Promise.all([
      transcript.append({ type: "user" }),
      transcript.appendBatch([{ type: "user" }, { type: "assistant", id: "z" }]),
      transcript.append({ type: "user", timestamp: "then" }),
    ]);
    const [a, [b, c], d] = results;
    const foreign = claudeLine("user", "foreign", d.id);
    writeFileSync(file, foreign + claudeLine("user", "s9", null, { isSidechain: true }), {
      flag: "a",
    });
    const e = await transcript.append({ type: "assistant" });
    const parents = linesOf(file)
      .slice(-7)
      .map(({ uuid, parentUuid }) => [uuid, parentUuid]);
    expect(parents).toEqual([
      [a.id, "a3"],
      [b?.id, a.id],
      ["z", b?.id],
      [d.id, c?.id],
      ["foreign", d.id],
      ["s9", null],
      [e.id, "foreign"],
    ]);
    expect(linesOf(file).filter(({ batch }) => batch !== undefined)).toHaveLength(2);
  });

  it("begins a new one without a header when the caller says so", async () => {
    const file = await named();
    await using transcript = await openTranscript(file, { format: "claude-code" });
    const { id } = await transcript.appendMessage({ role: "user", content: "Hello" });
    expect(await transcript.append({ type: "assistant" })).toMatchObject({ parentId: id });
    expect(linesOf(file)).toMatchObject([
      { type: "user", uuid: id, parentUuid: null },
      { type: "assistant", parentUuid: id },
    ]);
    expect(await transcript.header()).toBeUndefined();
    expect(await verifyTranscript(file)).toMatchObject({ ok: true, format: "claude-code" });
  });

  it("links nothing to lines without an id", async () => {
    const file = await named(NOTES.summary + NOTES.queue);
    await using transcript = await openTranscript(file);
    expect(await transcript.append({ type: "user" })).toMatchObject({
      parentId: null,
      linked: true,
    });
    expect(readFileSync(file, "utf8").startsWith(NOTES.summary + NOTES.queue)).toBe(true);
    expect(linesOf(file)).toHaveLength(3);
  });

  it("makes it anew as what it was when it is deleted", async () => {
    const file = await named(CLAUDE_SESSION);
    await using transcript = await openTranscript(file);
    await transcript.append({ type: "user" });
    rmSync(file);
    const { recreated } = await transcript.append({ type: "user", uuid: "new" });
    expect(recreated).toBe(true);
    expect(linesOf(file)).toMatchObject([{ uuid: "new", parentUuid: null }]);
  });

  it("moves the leaf by a control entry", async () => {
    const file = await named(CLAUDE_SESSION);
    await using transcript = await openTranscript(file);
    await transcript.append({ type: "leaf", targetId: "u1" });
    expect(await transcript.leaf()).toMatchObject({ id: "u1" });
    expect(await transcript.append({ type: "user" })).toMatchObject({ parentId: "u1" });
  });

  it("keeps what an agent does out of it, and together in a file of its own", async () => {
    const file = await named(CLAUDE_SESSION);
    await using transcript = await openTranscript(file);
    const aside = { type: "user", isSidechain: true };
    await expect(transcript.append(aside)).rejects.toMatchObject(refused(/isSidechain/));
    await expect(transcript.append(aside)).rejects.toMatchObject({ file });
    expect(readFileSync(file, "utf8")).toBe(CLAUDE_SESSION);

    const own = await named();
    await using agent = await openTranscript(own, { format: "claude-code" });
    const first = await agent.append(aside);
    const second = await agent.append(aside);
    expect(second.parentId).toBe(first.id);
    await using again = await openTranscript(own);
    expect(await again.append(aside)).toMatchObject({ parentId: second.id });
    const before = readFileSync(own, "utf8");
    await expect(again.append({ type: "user" })).rejects.toMatchObject(refused(/isSidechain/));
    expect(readFileSync(own, "utf8")).toBe(before);
  });

  it("links to the main chain as soon as there is one, whatever stood first", async () => {
    const warmUp = claudeLine("user", "w1", null, { isSidechain: true });
    const file = await named(warmUp);
    await using transcript = await openTranscript(file);
    expect(await transcript.leaf()).toMatchObject({ id: "w1" });
    const main = claudeLine("user", "u1", null) + claudeLine("assistant", "a1", "u1");
    const agent = claudeLine("user", "s1", null, { isSidechain: true });
    writeFileSync(file, main + agent, { flag: "a" });
    expect(await transcript.leaf()).toMatchObject({ id: "a1" });
    const { id, parentId } = await transcript.append({ type: "user" });
    expect(parentId).toBe("a1");
    const branch = [];
    for await (const { entry } of transcript.branch()) branch.push(entry?.uuid);
    expect(branch).toEqual([id, "a1", "u1"]);
    await using again = await openTranscript(file);
    expect(await again.append({ type: "user" })).toMatchObject({ parentId: id });
  });

  it("refuses what its format forbids, also when that shows only with the file", async () => {
    const file = await named(CLAUDE_SESSION);
    await using transcript = await openTranscript(file);
    const wrong = transcript.append({ type: "user", parentUuid: "u1" });
    const good = transcript.append({ type: "user" });
    await expect(wrong).rejects.toMatchObject({ ...refused(/parentUuid/), file });
    expect(await good).toMatchObject({ parentId: "a3" });
    const twice = transcript.appendBatch([
      { type: "user", uuid: "x" },
      { type: "user", uuid: "x" },
    ]);
    await expect(twice).rejects.toMatchObject(refused(/id/));
    const taken = transcript.append({ type: "user", uuid: (await good).id });
    await expect(taken).rejects.toMatchObject(refused(/already the leaf/));
  });

  it("goes on from the last entry that is no progress of a hook, in memory and in the file", async () => {
    const turn = [
      claudeLine("user", "u1", null),
      claudeLine("assistant", "a1", "u1"),
      claudeLine("progress", "p1", "a1"),
      claudeLine("user", "r1", "a1"),
      claudeLine("progress", "p2", "p1"),
    ];
    const file = await named(turn.join(""));
    await using transcript = await openTranscript(file);
    expect(await transcript.leaf()).toMatchObject({ id: "r1" });
    const own = await transcript.appendBatch([
      { type: "assistant", uuid: "a2" },
      { type: "progress", uuid: "p3" },
    ]);
    expect(own.map(({ parentId }) => parentId)).toEqual(["r1", "a2"]);
    const next = await transcript.append({ type: "user", uuid: "r2" });
    expect(next.parentId).toBe("a2");
    await transcript.append({ type: "progress", uuid: "p4" });
    expect(await transcript.leaf()).toMatchObject({ id: "r2" });
    await using other = await openTranscript(file);
    expect(await other.leaf()).toMatchObject({ id: "r2" });
    // One that only progress stands behind what it knows.
    appendFileSync(file, claudeLine("progress", "p5", "p4"));
    expect((await transcript.append({ type: "user" })).parentId).toBe("r2");
  });

  it("passes over a batch of which the progress at its end is missing", async () => {
    const file = await named();
    await using transcript = await openTranscript(file, { format: "claude-code" });
    await transcript.append({ type: "user", uuid: "u1" });
    await transcript.appendBatch([
      { type: "assistant", uuid: "a1" },
      { type: "progress", uuid: "p1" },
    ]);
    expect(await transcript.leaf()).toMatchObject({ id: "a1" });
    const [first, second] = readFileSync(file, "utf8").split("\n");
    const cut = await named(`${first}\n${second}\n`);
    await using other = await openTranscript(cut);
    expect(await other.leaf()).toMatchObject({ id: "u1" });
  });

  it("writes what a transaction staged, and tells of updates, by its names", async () => {
    const file = await named(CLAUDE_SESSION);
    await using transcript = await openTranscript(file);
    const updates: TranscriptUpdate[] = [];
    const end = onTranscriptUpdate((update) => void updates.push(update));
    const { id } = await transcript.transaction(async (tx) =>
      tx.append({ type: "user", uuid: "tx" }),
    );
    await transcript.close();
    end();
    expect(id).toBe("tx");
    expect(updates.map(({ entry }) => entry)).toMatchObject([{ uuid: "tx", parentUuid: "a3" }]);
  });

  it("appends once under a key", async () => {
    const file = await named(CLAUDE_SESSION);
    const message = { role: "user", content: "once" };
    const results = [];
    for (let run = 0; run < 2; run += 1) {
      await using transcript = await openTranscript(file);
      results.push(await transcript.appendMessage(message, { idempotencyKey: "k" }));
      results.push(await transcript.appendMessage(message, { idempotencyKey: "k" }));
    }
    expect(results.map(({ appended }) => appended)).toEqual([true, false, false, false]);
    expect(new Set(results.map(({ id, parentId }) => `${id} ${parentId}`)).size).toBe(1);
    expect(linesOf(file).at(-1)).toMatchObject({ type: "user", message, idempotencyKey: "k" });
    expect(linesOf(file).at(-1).message).toEqual(message);
  });

  it("has nothing to migrate", async () => {
    const file = await named(CLAUDE_SESSION);
    expect(await migrateTranscript(file)).toMatchObject({ changed: false, entries: 14 });
  });
});

describe("a rollout of Codex", () => {
  const linear = { code: "LEAFLOG_LINEAR_TRANSCRIPT", message: expect.stringContaining("codex") };

  it.each(["auto", "migrate", "raw"] as const)("is not appended to, with %s", async (policy) => {
    const file = await named(CODEX_ROLLOUT);
    await using transcript = await openTranscript(file, { linear: policy });
    await expect(transcript.append({ type: "event_msg", payload: {} })).rejects.toMatchObject(
      linear,
    );
    await expect(transcript.append({ type: "event_msg" })).rejects.toMatchObject({
      ...linear,
      file,
    });
    await expect(
      transcript.transaction(async (tx) => tx.append({ type: "a" })),
    ).rejects.toMatchObject(linear);
    expect(readFileSync(file, "utf8")).toBe(CODEX_ROLLOUT);
    // What takes its name may be appended to.
    rmSync(file);
    writeFileSync(file, HEADER_LINE);
    expect(await transcript.append({ type: "a" })).toMatchObject({ parentId: null, linked: true });
  });

  it("is not begun either", async () => {
    const file = await named();
    await using transcript = await openTranscript(file, { format: "codex" });
    await expect(transcript.append({ type: "event_msg" })).rejects.toMatchObject(linear);
    expect(existsSync(file)).toBe(false);
  });

  it("is never migrated", async () => {
    const file = await named(CODEX_ROLLOUT);
    await expect(migrateTranscript(file)).rejects.toMatchObject(linear);
    await expect(migrateTranscript(file, { header: "optional" })).rejects.toMatchObject(linear);
    expect(readFileSync(file, "utf8")).toBe(CODEX_ROLLOUT);
  });
});

describe("the format of a transcript", () => {
  it.each([
    ["claude-code", CLAUDE_SESSION],
    ["codex", CODEX_ROLLOUT],
    ["pi", HEADER_LINE],
    ["pi", undefined],
  ])("is %s", async (name, content) => {
    await using transcript = await openTranscript(await named(content));
    expect(await transcript.format()).toMatchObject({ name });
    await using said = await openTranscript(await named(content), { format: "codex" });
    expect(await said.format()).toMatchObject({ name: "codex" });
  });

  it("is what a handle says, for all handles of the process", async () => {
    const file = await named();
    await using first = await openTranscript(file);
    await using said = await openTranscript(file, { format: "claude-code" });
    const { id } = await first.append({ type: "user" });
    expect(await said.append({ type: "user" })).toMatchObject({ parentId: id });
    expect(linesOf(file)).toMatchObject([{ uuid: id }, { parentUuid: id }]);
    await expect(openTranscript(file, { format: "pi" })).rejects.toMatchObject(
      refused(/claude-code/),
    );
  });

  it("is pi's for a new file and an empty one", async () => {
    for (const content of [undefined, ""]) {
      const file = await named(content);
      await using transcript = await openTranscript(file);
      await transcript.append({ type: "user", uuid: "payload" });
      expect(linesOf(file)).toMatchObject([
        { type: "session" },
        { uuid: "payload", parentId: null },
      ]);
    }
  });

  it("is seen anew when another program fills the file", async () => {
    const file = await named("");
    await using transcript = await openTranscript(file);
    expect(await transcript.leaf()).toEqual({ id: null, shape: "empty" });
    await expect(transcript.append({ type: "a" }, { expectedLeaf: "x" })).rejects.toMatchObject({
      code: "LEAFLOG_LEAF_CONFLICT",
    });
    writeFileSync(file, CLAUDE_SESSION);
    expect(await transcript.append({ type: "user" })).toMatchObject({ parentId: "a3" });
  });
});
