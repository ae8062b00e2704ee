import { readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { onTranscriptUpdate, openTranscript, type TranscriptUpdate } from "../../src/index.js";
import { type MirrorMessage, mirrorMessages } from "../../src/mirror/index.js";
import { interceptedFileSystem } from "../support/intercepted-file-system.js";
import { HEADER_LINE, linearLine, linkedLine, readChain } from "../support/lines.js";
import { tempDirectory } from "../support/temp-directory.js";

const SECRET = "a secret of the test";

const user = (content: unknown): MirrorMessage => ({ role: "user", content });
const assistant = (text: string): MirrorMessage => ({
  role: "assistant",
  content: [{ type: "text", text }],
});

async function tempFile(...lines: string[]): Promise<string> {
  const file = join(await tempDirectory(), "a.jsonl");
  if (lines.length > 0) await writeFile(file, lines.join(""));
  return file;
}

const messagesOf = async (file: string) => (await readChain(file)).map(({ message }) => message);

/** The updates of a file while `work` runs. */
async function updatesOf(file: string, work: () => Promise<unknown>): Promise<TranscriptUpdate[]> {
  const updates: TranscriptUpdate[] = [];
  const stop = onTranscriptUpdate((update) => {
    if (update.file === file) updates.push(update);
  });
  try {
    await work();
  } finally {
    stop();
  }
  return updates;
}

describe("what the first mirrors did", () => {
  test("messages of a user and an assistant become entries, in order, under their keys", async () => {
    const file = await tempFile();
    const messages = [user("hello"), assistant("hi there")];
    const result = await mirrorMessages(file, { messages, scope: "s" });
    const entries = await readChain(file);
    expect(entries).toMatchObject(
      messages.map((message) => ({
        type: "message",
        message: { ...message, idempotencyKey: expect.stringMatching(`^s:${message.role}:`) },
      })),
    );
    expect(result.appended).toBe(2);
    expect(result.messages).toMatchObject([
      { id: entries[0]?.id, appended: true, blocked: false, skipped: false, messageSeq: 1 },
      { id: entries[1]?.id, appended: true, blocked: false, skipped: false, messageSeq: 2 },
    ]);
    expect(result.messages.map(({ message }) => message)).toEqual(
      entries.map(({ message }) => message),
    );
  });

  test("the directory is made with the first message", async () => {
    const file = join(await tempDirectory(), "nested", "sessions", "a.jsonl");
    await mirrorMessages(file, { messages: [assistant("first mirror")], scope: "s" });
    expect(await messagesOf(file)).toMatchObject([assistant("first mirror")]);
  });

  test("the same messages again add nothing; another scope does", async () => {
    const file = await tempFile();
    const messages = [user("hello"), assistant("hi there")];
    const first = await mirrorMessages(file, { messages, scope: "s" });
    const before = await readFile(file);
    const again = await mirrorMessages(file, { messages, scope: "s" });
    expect(again.appended).toBe(0);
    expect(again.messages.map(({ id }) => id)).toEqual(first.messages.map(({ id }) => id));
    expect(again.messages).toMatchObject(messages.map((message) => ({ appended: false, message })));
    expect(await readFile(file)).toEqual(before);
    expect(await mirrorMessages(file, { messages, scope: "t" })).toMatchObject({ appended: 2 });
    expect(await readChain(file)).toHaveLength(4);
  });

  test("a small linear transcript is migrated first", async () => {
    const legacy = linearLine({ id: "legacy-user" });
    const file = await tempFile(HEADER_LINE, legacy);
    await mirrorMessages(file, { messages: [assistant("mirrored")], scope: "s" });
    const [first, second] = await readChain(file);
    expect(first).toMatchObject({ id: "legacy-user", parentId: null });
    expect(second).toMatchObject({ parentId: "legacy-user", message: assistant("mirrored") });
  });

  test("no messages, or none of the roles, touch nothing", async () => {
    const file = join(await tempDirectory(), "nested", "a.jsonl");
    const nothing = await mirrorMessages(file, { messages: [], scope: "s" });
    expect(nothing).toEqual({ messages: [], appended: 0 });
    const system = await mirrorMessages(file, { messages: [{ role: "system" }], scope: "s" });
    expect(system).toMatchObject({ messages: [{ skipped: true, id: undefined }], appended: 0 });
    await mirrorMessages(file, { messages: [user("x")], scope: "s", roles: [] });
    await expect(stat(join(file, ".."))).rejects.toMatchObject({ code: "ENOENT" });
  });

  test("a hook that blocks all leaves no file and no directory", async () => {
    const file = join(await tempDirectory(), "nested", "a.jsonl");
    const messages = [user("x"), user("y")];
    const result = await mirrorMessages(file, { messages, scope: "s", beforeWrite: () => null });
    expect(result).toMatchObject({
      appended: 0,
      messages: [{ blocked: true, appended: false, id: undefined }, { blocked: true }],
    });
    await expect(stat(join(file, ".."))).rejects.toMatchObject({ code: "ENOENT" });
  });
});

describe("what tells messages apart", () => {
  test("by default role and content: of the same text one is kept, whatever else it has", async () => {
    const file = await tempFile();
    const messages = [user("ok"), { ...user("ok"), timestamp: 5 }, assistant("ok"), user(["ok"])];
    const { messages: mirrored } = await mirrorMessages(file, { messages, scope: "s" });
    expect(mirrored.map(({ appended }) => appended)).toEqual([true, false, true, true]);
    expect(mirrored[1]).toMatchObject({ id: mirrored[0]?.id, message: user("ok") });
    expect(await readChain(file)).toHaveLength(3);
  });

  test("turns of the same text stay apart when the caller tells them apart", async () => {
    const file = await tempFile();
    const messages = [1, 2].flatMap((turn) => [
      { ...user("ok"), turn },
      { ...assistant("done"), turn },
    ]);
    const options = {
      messages,
      scope: "thread",
      identityOf: ({ turn, role }: MirrorMessage) => `turn-${turn}:${role}`,
    };
    expect(await mirrorMessages(file, options)).toMatchObject({ appended: 4 });
    expect(await mirrorMessages(file, options)).toMatchObject({ appended: 0 });
    expect((await readChain(file)).map(({ message }) => message)).toMatchObject([
      { idempotencyKey: "thread:turn-1:user" },
      { idempotencyKey: "thread:turn-1:assistant" },
      { idempotencyKey: "thread:turn-2:user" },
      { idempotencyKey: "thread:turn-2:assistant" },
    ]);
  });

  test("a snapshot that comes again with other indexes adds what is new alone", async () => {
    const file = await tempFile();
    const all = ["a", "b", "c", "d", "e"].map((text) => user(text));
    await mirrorMessages(file, { messages: all.slice(0, 3), scope: "s" });
    await mirrorMessages(file, { messages: all.slice(1), scope: "s" });
    await mirrorMessages(file, { messages: all, scope: "s" });
    expect(await messagesOf(file)).toMatchObject(all);
  });

  test("an identity that is missing falls back to the fingerprint; a bad one is refused", async () => {
    const file = await tempFile();
    const messages = [user("a"), user("b")];
    const identityOf = (_: MirrorMessage, index: number) => (index === 0 ? "first" : undefined);
    const { messages: mirrored } = await mirrorMessages(file, { messages, scope: "s", identityOf });
    expect(mirrored[0]?.key).toBe("s:first");
    expect(mirrored[1]?.key).toMatch(/^s:user:[0-9a-f]{16}$/);
    const bad = mirrorMessages(file, { messages, scope: "s", identityOf: () => "" });
    await expect(bad).rejects.toMatchObject({ code: "LEAFLOG_INVALID_ARGUMENT" });
  });

  test("a key of the older shape is honoured where it stands for the same message", async () => {
    const stored = (message: MirrorMessage, index: number) => ({
      message: { ...message, idempotencyKey: `s:${message.role}:${index}` },
    });
    const file = await tempFile(
      HEADER_LINE,
      linkedLine("a", null, stored(user("hello"), 0)),
      linkedLine("b", "a", stored(assistant("hi"), 1)),
    );
    const messages = [user("hello"), assistant("hi"), user("more")];
    const result = await mirrorMessages(file, { messages, scope: "s" });
    expect(result.messages).toMatchObject([
      { id: "a", appended: false },
      { id: "b", appended: false },
      { appended: true },
    ]);
    // A later call that begins elsewhere has other messages at the same places.
    const later = await mirrorMessages(file, { messages: [user("later")], scope: "s" });
    expect(later.appended).toBe(1);
    expect(await readChain(file)).toHaveLength(4);
  });

  test("what an older mirror's hook rewrote is known by what the hook makes of it now", async () => {
    const message = { ...user("[secret]"), idempotencyKey: "s:user:0" };
    const file = await tempFile(HEADER_LINE, linkedLine("a", null, { message }));
    const result = await mirrorMessages(file, {
      messages: [user("password")],
      scope: "s",
      fingerprintSecret: SECRET,
      redact: (given) => ({ ...given, content: "[secret]" }),
    });
    expect(result.messages).toMatchObject([{ id: "a", appended: false }]);
  });
});

describe("the hooks", () => {
  test("a rewriting hook does not defeat the key, nor can it set another", async () => {
    const file = await tempFile();
    const calls: unknown[] = [];
    const options = {
      messages: [user("hello")],
      scope: "s",
      beforeWrite: (message: MirrorMessage, context: object) => {
        calls.push(context);
        return { ...message, content: `seen ${calls.length}`, idempotencyKey: "mine" };
      },
    };
    const first = await mirrorMessages(file, options);
    const again = await mirrorMessages(file, options);
    const { key } = first.messages[0] ?? {};
    expect(calls).toEqual([{ index: 0, key, signal: undefined }]);
    expect(again.appended).toBe(0);
    expect(await messagesOf(file)).toEqual([{ ...user("seen 1"), idempotencyKey: key }]);
  });

  test("are asked about new messages alone, and one of them may be kept out", async () => {
    const file = await tempFile();
    const beforeWrite = async (message: MirrorMessage) =>
      message.content === "b" ? null : message;
    const messages = ["a", "b", "c"].map((text) => user(text));
    const result = await mirrorMessages(file, { messages, scope: "s", beforeWrite });
    expect(result.messages.map(({ blocked }) => blocked)).toEqual([false, true, false]);
    expect(result.appended).toBe(2);
    const asked: unknown[] = [];
    await mirrorMessages(file, {
      messages,
      scope: "s",
      beforeWrite: (message) => {
        asked.push(message.content);
        return message;
      },
    });
    expect(asked).toEqual(["b"]);
    expect(await messagesOf(file)).toMatchObject([user("a"), user("c"), user("b")]);
  });

  test("have copies of their own", async () => {
    const file = await tempFile();
    const message = { role: "user", content: [{ type: "text", text: "hello" }] };
    const spoil = (given: MirrorMessage): MirrorMessage => {
      (given.content as { text: string }[])[0]!.text += "!";
      return given;
    };
    const hooks = { beforeWrite: spoil, redact: spoil, fingerprintSecret: SECRET };
    const options = { messages: [message], scope: "s", ...hooks };
    await mirrorMessages(file, options);
    expect(message.content[0]?.text).toBe("hello");
    expect(await messagesOf(file)).toMatchObject([{ content: [{ text: "hello!!" }] }]);
  });

  test("redaction has the last word: file, result and updates hold nothing else", async () => {
    const file = await tempFile();
    const options = {
      messages: [user("my password is hunter2")],
      scope: "s",
      fingerprintSecret: SECRET,
      beforeWrite: (message: MirrorMessage) => ({ ...message, note: "hunter2" }),
      redact: (message: MirrorMessage) =>
        JSON.parse(JSON.stringify(message).replaceAll("hunter2", "***")) as MirrorMessage,
    };
    const results: unknown[] = [];
    const updates = await updatesOf(file, async () => {
      results.push(await mirrorMessages(file, options));
      results.push(await mirrorMessages(file, options));
    });
    expect(await readFile(file, "utf8")).not.toContain("hunter2");
    expect(updates).toHaveLength(1);
    expect(updates[0]?.entry.message).toMatchObject({ content: "my password is ***", note: "***" });
    for (const result of results) {
      expect(result).toMatchObject({ messages: [{ message: { content: "my password is ***" } }] });
      expect(JSON.stringify(result)).not.toContain("hunter2");
    }
  });

  test("that throw, or return no message, reject before anything is written", async () => {
    const file = await tempFile();
    const messages = [user("a"), user("b")];
    const failing = (message: MirrorMessage) => {
      if (message.content === "b") throw new RangeError("mine");
      return message;
    };
    const thrown = mirrorMessages(file, { messages, scope: "s", beforeWrite: failing });
    await expect(thrown).rejects.toThrow(new RangeError("mine"));
    for (const answer of [undefined, "text", []]) {
      for (const name of ["beforeWrite", "redact"]) {
        const bad = mirrorMessages(file, {
          messages,
          scope: "s",
          fingerprintSecret: SECRET,
          [name]: () => answer,
        });
        await expect(bad).rejects.toMatchObject({ code: "LEAFLOG_INVALID_ARGUMENT" });
      }
    }
    await expect(stat(file)).rejects.toMatchObject({ code: "ENOENT" });
  });

  test("run without the lock", async () => {
    const file = await tempFile(HEADER_LINE);
    await using transcript = await openTranscript(file);
    const seen: unknown[] = [];
    await mirrorMessages(transcript, {
      messages: [user("a")],
      scope: "s",
      beforeWrite: async (message) => {
        // Others append while the hook thinks.
        const { id } = await transcript.append({ type: "custom" });
        seen.push(id);
        return message;
      },
    });
    const [first, second] = await readChain(file);
    expect(first?.id).toBe(seen[0]);
    expect(second?.message).toMatchObject(user("a"));
  });
});

describe("updates", () => {
  test("come after the unlock, for new messages alone, with an absolute sequence", async () => {
    const file = await tempFile(
      HEADER_LINE,
      linkedLine("a", null, { message: user("before") }),
      linkedLine("b", "a", { type: "custom" }),
    );
    const locked: boolean[] = [];
    const stop = onTranscriptUpdate((update) => {
      if (update.file !== file) return;
      void stat(`${file}.lock`).then(
        () => locked.push(true),
        () => locked.push(false),
      );
    });
    const messages = [user("one"), assistant("two"), user("three")];
    const updates = await updatesOf(file, async () => {
      await mirrorMessages(file, { messages: messages.slice(0, 2), scope: "s" });
      await mirrorMessages(file, { messages, scope: "s" });
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    stop();
    expect(updates.map(({ entry, messageSeq }) => [entry.message, messageSeq])).toMatchObject([
      [user("one"), 2],
      [assistant("two"), 3],
      [user("three"), 4],
    ]);
    expect(locked).toEqual([false, false, false]);
  });
});

describe("the target", () => {
  test("may be a handle, which stays open, or any name of the file", async () => {
    const directory = await tempDirectory();
    const file = join(directory, "a.jsonl");
    await using transcript = await openTranscript(file);
    await mirrorMessages(transcript, { messages: [user("a")], scope: "s" });
    await transcript.append({ type: "custom" });
    const link = join(directory, "link.jsonl");
    await symlink(file, link);
    const result = await mirrorMessages(link, { messages: [user("a")], scope: "s" });
    expect(result.appended).toBe(0);
    expect(await readChain(file)).toHaveLength(2);
  });

  test("is opened as the caller says", async () => {
    const file = await tempFile();
    await mirrorMessages(file, {
      messages: [user("a")],
      scope: "s",
      transcript: { sessionId: "mine", cwd: "/there" },
    });
    const [header] = (await readFile(file, "utf8")).split("\n");
    expect(JSON.parse(header ?? "")).toMatchObject({ id: "mine", cwd: "/there" });
  });

  test("that is closed, or in a transaction, rejects and is not written", async () => {
    const file = await tempFile();
    const transcript = await openTranscript(file);
    const mirror = () => mirrorMessages(transcript, { messages: [user("a")], scope: "s" });
    const inside = transcript.transaction(mirror);
    await expect(inside).rejects.toMatchObject({ code: "LEAFLOG_IN_TRANSACTION" });
    await transcript.close();
    await expect(mirror()).rejects.toMatchObject({ code: "LEAFLOG_CLOSED" });
    await expect(stat(file)).rejects.toMatchObject({ code: "ENOENT" });
  });

  test("is left alone when the signal is aborted, before or between the hooks", async () => {
    const file = await tempFile();
    const messages = [user("a"), user("b")];
    const signal = AbortSignal.abort();
    const early = mirrorMessages(file, { messages, scope: "s", signal });
    await expect(early).rejects.toMatchObject({ code: "LEAFLOG_ABORTED" });
    const controller = new AbortController();
    const late = mirrorMessages(file, {
      messages,
      scope: "s",
      signal: controller.signal,
      beforeWrite: (message) => {
        controller.abort();
        return message;
      },
    });
    await expect(late).rejects.toMatchObject({ code: "LEAFLOG_ABORTED" });
    await expect(stat(file)).rejects.toMatchObject({ code: "ENOENT" });
  });
});

test("in Claude Code's format a message is an entry of its role, with the key beside it", async () => {
  const first = { type: "user", uuid: "a", parentUuid: null, message: user("hello") };
  const file = await tempFile(`${JSON.stringify(first)}\n`);
  const messages = [user("hello"), assistant("hi")];
  for (const appended of [2, 0]) {
    const result = await mirrorMessages(file, { messages, scope: "s" });
    expect(result.appended).toBe(appended);
    expect(result.messages.map(({ message }) => message)).toEqual(messages);
    if (appended > 0) expect(result.messages.map(({ messageSeq }) => messageSeq)).toEqual([2, 3]);
  }
  const [, ...entries] = (await readFile(file, "utf8")).trimEnd().split("\n");
  expect(entries.map((line) => JSON.parse(line))).toMatchObject([
    { type: "user", parentUuid: "a", message: messages[0], idempotencyKey: expect.any(String) },
    { type: "assistant", message: messages[1], idempotencyKey: expect.any(String) },
  ]);
});

test("a call takes the lock once and writes once, whatever it finds there", async () => {
  const file = await tempFile(HEADER_LINE, linkedLine("a", null, { message: user("before") }));
  const calls: string[] = [];
  const fileSystem = interceptedFileSystem(async (call, run) => {
    const result = await run();
    if (call.args[1] === "create" && call.path === `${file}.lock`) calls.push("lock");
    if (call.name === "file.write" && call.path === file) calls.push("write");
    return result;
  });
  const messages = Array.from({ length: 50 }, (_, index) => user(`message ${index}`));
  // On a busy machine the lock may be given back between the look and the write.
  const transcript = { fileSystem, lock: { idleMs: 5000 } };
  await mirrorMessages(file, { messages: messages.slice(0, 20), scope: "s", transcript });
  expect(calls.splice(0)).toEqual(["lock", "write"]);
  await mirrorMessages(file, { messages, scope: "s", transcript });
  expect(calls.splice(0)).toEqual(["lock", "write"]);
  await mirrorMessages(file, { messages, scope: "s", transcript });
  expect(calls.splice(0)).toEqual(["lock"]);
});

test("what stands of a write that a crash tore counts; the next call adds the rest", async () => {
  const messages = Array.from({ length: 10 }, (_, index) => user(`message ${index}`));
  const written = await tempFile();
  await mirrorMessages(written, { messages, scope: "s" });
  const bytes = await readFile(written);
  const lines = bytes.toString("utf8").split("\n");
  const ends = lines.map((_, index) => Buffer.byteLength(lines.slice(0, index + 1).join("\n")));
  // Within a line, before its newline, and behind it.
  for (const [length, kept] of [
    [(ends[3] as number) + 20, 3],
    [ends[4] as number, 4],
    [(ends[5] as number) + 1, 5],
  ] as const) {
    const file = await tempFile();
    await writeFile(file, bytes.subarray(0, length));
    expect(await mirrorMessages(file, { messages, scope: "s" })).toMatchObject({
      appended: messages.length - kept,
    });
    const found = (await readFile(file, "utf8")).split("\n").slice(1, -1);
    const entries = found.flatMap((line) => {
      try {
        return [JSON.parse(line) as { id: string; parentId: string | null; message: unknown }];
      } catch {
        return [];
      }
    });
    expect(entries.map(({ message }) => message)).toMatchObject(messages);
    for (const [index, { parentId }] of entries.entries()) {
      expect(parentId).toBe(entries[index - 1]?.id ?? null);
    }
  }
});

test("a write is one, whatever the number of messages, and makes no batch", async () => {
  const file = await tempFile();
  const messages = Array.from({ length: 500 }, (_, index) => user(`message ${index}`));
  await using transcript = await openTranscript(file);
  const other = transcript.append({ type: "custom" });
  await mirrorMessages(transcript, { messages, scope: "s" });
  await other;
  const entries = (await readChain(file)).filter(({ type }) => type === "message");
  expect(entries.map(({ message }) => message)).toMatchObject(messages);
  expect(entries.some((entry) => "batch" in entry)).toBe(false);
});

test.each([
  undefined,
  { scope: "s" },
  { messages: "a", scope: "s" },
  { messages: [null], scope: "s" },
  { messages: ["text"], scope: "s" },
  { messages: [] },
  { messages: [], scope: " " },
  { messages: [], scope: "s", roles: "user" },
  { messages: [], scope: "s", beforeWrite: true },
  { messages: [], scope: "s", redact: {} },
  { messages: [], scope: "s", identityOf: "id" },
  { messages: [user("a")], scope: "k".repeat(1024) },
])("%j is refused", async (options) => {
  const file = await tempFile();
  const refused = mirrorMessages(file, options as never);
  await expect(refused).rejects.toMatchObject({ code: "LEAFLOG_INVALID_ARGUMENT" });
  await expect(stat(file)).rejects.toMatchObject({ code: "ENOENT" });
});

test("messages that JSON cannot hold, and targets that are none, are refused", async () => {
  const file = await tempFile();
  const bad = mirrorMessages(file, { messages: [user(5n)], scope: "s" });
  await expect(bad).rejects.toMatchObject({ code: "LEAFLOG_NOT_SERIALIZABLE" });
  const good = { messages: [user("a")], scope: "s" };
  for (const target of [undefined, 5, "", {}]) {
    const refused = mirrorMessages(target as never, good);
    await expect(refused).rejects.toMatchObject({ code: "LEAFLOG_INVALID_ARGUMENT" });
  }
});
