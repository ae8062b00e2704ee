import { appendFile, readFile, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { onTranscriptUpdate, openTranscript, type TranscriptUpdate } from "../../src/index.js";
import { HEADER_LINE, linearLine, linkedLine, readChain, readLines } from "../support/lines.js";
import { tempDirectory } from "../support/temp-directory.js";

const hello = { role: "user", content: "hello" };

async function tempFile(...lines: string[]): Promise<string> {
  const file = join(await tempDirectory(), "a.jsonl");
  if (lines.length > 0) await writeFile(file, lines.join(""));
  return file;
}

const keyed = (key: string, more: object = {}) => ({ message: { idempotencyKey: key, ...more } });

describe("a key", () => {
  test("stands in the message, in other entries beside the type", async () => {
    await using transcript = await openTranscript(await tempFile());
    const theirs = { ...hello, idempotencyKey: "theirs" };
    await transcript.appendMessage(theirs, { idempotencyKey: "a" });
    await transcript.append({ type: "custom", x: 1 }, { idempotencyKey: "b" });
    await transcript.append({ type: "message", message: "text" }, { idempotencyKey: "c" });
    await transcript.append(
      { type: "message", message: { toJSON: () => hello } },
      { idempotencyKey: "d" },
    );
    expect(theirs.idempotencyKey).toBe("theirs");
    const [, ...entries] = await readLines(transcript.file);
    expect(entries).toMatchObject([
      { message: { ...hello, idempotencyKey: "a" } },
      { idempotencyKey: "b", x: 1 },
      { idempotencyKey: "c", message: "text" },
      { message: { ...hello, idempotencyKey: "d" } },
    ]);
  });

  test("is appended once: then the result tells of what stands there", async () => {
    await using transcript = await openTranscript(await tempFile());
    const first = await transcript.appendMessage(hello, { idempotencyKey: "k" });
    await transcript.append({ type: "custom" });
    const before = await readFile(transcript.file);
    const again = await transcript.append(
      {
        type: "message",
        id: "other",
        timestamp: "later",
        message: { content: "hello", role: "user" },
      },
      { idempotencyKey: "k" },
    );
    expect(first).toMatchObject({ appended: true });
    expect(first).not.toHaveProperty("entry");
    const { id, parentId, offset, length } = first;
    expect(again).toMatchObject({ id, parentId, offset, length, appended: false, linked: true });
    expect(again.entry).toEqual(JSON.parse(before.toString("utf8", offset, offset + length)));
    expect(await readFile(transcript.file)).toEqual(before);
  });

  test("with another body rejects, unless the stored entry will do", async () => {
    await using transcript = await openTranscript(await tempFile());
    const { id } = await transcript.appendMessage(hello, { idempotencyKey: "k" });
    const before = await readFile(transcript.file);
    const other = { ...hello, content: "bye" };
    await expect(transcript.appendMessage(other, { idempotencyKey: "k" })).rejects.toMatchObject({
      code: "LEAFLOG_IDEMPOTENCY_CONFLICT",
      file: transcript.file,
      idempotencyKey: "k",
      storedId: id,
    });
    const content = { idempotencyKey: "k", onIdempotencyConflict: "stored" } as const;
    const stored = await transcript.appendMessage(other, content);
    expect(stored).toMatchObject({ id, appended: false, entry: { message: hello } });
    expect(await readFile(transcript.file)).toEqual(before);
  });

  test("of entries that are appended at the same time makes one of them", async () => {
    const file = await tempFile();
    await using one = await openTranscript(file);
    await using two = await openTranscript(file);
    const calls = Array.from({ length: 40 }, (_, index) =>
      (index % 2 ? one : two).appendMessage(hello, { idempotencyKey: `k${index % 4}` }),
    );
    const unkeyed = one.append({ type: "custom" });
    const results = await Promise.all(calls);
    await unkeyed;
    expect(results.filter(({ appended }) => appended)).toHaveLength(4);
    for (const [index, { id }] of results.entries()) expect(id).toBe(results[index % 4]?.id);
    expect(results.at(-1)?.entry).toMatchObject({ message: hello, id: results[3]?.id });
    expect(await readChain(file)).toHaveLength(5);
  });

  test("conflicts within one group commit, too", async () => {
    await using transcript = await openTranscript(await tempFile());
    const outcomes = await Promise.allSettled([
      transcript.appendMessage(hello, { idempotencyKey: "k" }),
      transcript.appendMessage({ role: "user" }, { idempotencyKey: "k" }),
      transcript.appendMessage(hello, { idempotencyKey: "k" }),
    ]);
    expect(outcomes).toMatchObject([
      { status: "fulfilled", value: { appended: true } },
      { status: "rejected", reason: { code: "LEAFLOG_IDEMPOTENCY_CONFLICT" } },
      { status: "fulfilled", value: { appended: false } },
    ]);
  });

  test("counts wherever it stands, also on a branch that was left", async () => {
    const lines = [
      HEADER_LINE,
      linkedLine("root", null),
      linkedLine("left", "root", keyed("k", hello)),
      linkedLine("leaf", "root"),
    ];
    await using transcript = await openTranscript(await tempFile(...lines));
    const result = await transcript.appendMessage(hello, { idempotencyKey: "k" });
    expect(result).toMatchObject({ id: "left", parentId: "root", appended: false });
  });

  test("that another program wrote is found, as is one in a line without id", async () => {
    const file = await tempFile(HEADER_LINE, linkedLine("a", null));
    await using transcript = await openTranscript(file, { linear: "raw" });
    await transcript.append({ type: "custom", id: "b" }, { idempotencyKey: "first" });
    await appendFile(file, linkedLine("c", "b", keyed("k", hello)));
    await appendFile(file, linearLine(keyed("no-id", hello)));
    expect(await transcript.appendMessage(hello, { idempotencyKey: "k" })).toMatchObject({
      id: "c",
      appended: false,
    });
    const anonymous = await transcript.appendMessage(hello, { idempotencyKey: "no-id" });
    expect(anonymous).toMatchObject({ id: "no-id", appended: false, linked: false });
    expect(anonymous.parentId).toBeUndefined();
  });

  test("need not fit to what came behind its entry since", async () => {
    await using transcript = await openTranscript(await tempFile());
    const options = { idempotencyKey: "k", expectedLeaf: null };
    const first = await transcript.appendMessage(hello, options);
    await transcript.append({ type: "custom" });
    const again = await transcript.appendMessage(hello, options);
    expect(again).toMatchObject({ id: first.id, appended: false });
  });

  test.each(["", " \n", "k".repeat(1025), 5, null])("%j is refused", async (key) => {
    await using transcript = await openTranscript(await tempFile());
    const options = { idempotencyKey: key as string };
    const refused = { code: "LEAFLOG_INVALID_ARGUMENT" };
    await expect(transcript.appendMessage(hello, options)).rejects.toMatchObject(refused);
    await expect(transcript.appendBatch([], options)).rejects.toMatchObject(refused);
    await expect(stat(transcript.file)).rejects.toMatchObject({ code: "ENOENT" });
  });

  test("of any text is found again", async () => {
    const file = await tempFile();
    const keys = ["é\u2028🌱", '"quoted\\"', "\ud800", "\0", "k".repeat(1024), "__proto__"];
    {
      await using transcript = await openTranscript(file);
      for (const key of keys) await transcript.appendMessage(hello, { idempotencyKey: key });
    }
    const copy = await tempFile(await readFile(file, "utf8"));
    await using transcript = await openTranscript(copy);
    for (const key of keys) {
      const result = await transcript.appendMessage(hello, { idempotencyKey: key });
      expect(result.appended).toBe(false);
    }
  });
});

describe("a batch under a key", () => {
  const batch = [{ type: "a" }, { type: "message", message: hello }, { type: "c" }];

  test("is appended once", async () => {
    await using transcript = await openTranscript(await tempFile());
    const first = await transcript.appendBatch(batch, { idempotencyKey: "k" });
    const again = await transcript.appendBatch(batch, { idempotencyKey: "k" });
    expect(again.map(({ id }) => id)).toEqual(first.map(({ id }) => id));
    expect(again.map(({ appended }) => appended)).toEqual([false, false, false]);
    expect(await readChain(transcript.file)).toMatchObject([
      { idempotencyKey: "k:0", batch: { index: 0, size: 3 } },
      { message: { idempotencyKey: "k:1" } },
      { idempotencyKey: "k:2" },
    ]);
  });

  test("that differs in a body or in its length is a conflict, and nothing is written", async () => {
    await using transcript = await openTranscript(await tempFile());
    await transcript.appendBatch(batch, { idempotencyKey: "k" });
    const before = await readFile(transcript.file);
    const conflict = { code: "LEAFLOG_IDEMPOTENCY_CONFLICT" };
    const others = [
      [...batch.slice(0, 2), { type: "d" }],
      batch.slice(0, 2),
      [...batch, { type: "d" }],
    ];
    for (const other of others) {
      const append = transcript.appendBatch(other, { idempotencyKey: "k" });
      await expect(append).rejects.toMatchObject(conflict);
    }
    const stored = { idempotencyKey: "k", onIdempotencyConflict: "stored" } as const;
    await expect(transcript.appendBatch(others[2] ?? [], stored)).rejects.toMatchObject(conflict);
    expect(await transcript.appendBatch(others[0] ?? [], stored)).toHaveLength(3);
    expect(await readFile(transcript.file)).toEqual(before);
  });

  test("that a crash interrupted does not count, a whole one does", async () => {
    const mark = (index: number) => ({ batch: { index, size: 2 }, type: "custom" });
    const interrupted = linkedLine("x", "root", { ...mark(0), idempotencyKey: "k:0" });
    const file = await tempFile(HEADER_LINE, linkedLine("root", null), interrupted);
    await using transcript = await openTranscript(file);
    const entries = [{ type: "custom" }, { type: "custom" }];
    const [first, second] = await transcript.appendBatch(entries, { idempotencyKey: "k" });
    expect(first).toMatchObject({ parentId: "root", appended: true });
    const [again] = await transcript.appendBatch(entries, { idempotencyKey: "k" });
    expect(again).toMatchObject({ id: first?.id, appended: false });
    await appendFile(
      file,
      linkedLine("y", second?.id ?? "", { ...mark(0), idempotencyKey: "m:0" }),
    );
    await appendFile(file, linkedLine("z", "y", { ...mark(1), idempotencyKey: "m:1" }));
    const whole = await transcript.appendBatch(entries, { idempotencyKey: "m" });
    expect(whole).toMatchObject([
      { id: "y", appended: false },
      { id: "z", appended: false },
    ]);
  });
});

describe("the file", () => {
  test("may end in a torn tail: a whole entry counts, anything else does not", async () => {
    const torn = linkedLine("b", "a", keyed("whole", hello)).trimEnd();
    const file = await tempFile(HEADER_LINE, linkedLine("a", null), torn);
    await using transcript = await openTranscript(file);
    const found = await transcript.appendMessage(hello, { idempotencyKey: "whole" });
    expect(found).toMatchObject({ id: "b", appended: false });
    expect((await readFile(file)).at(-1)).toBe(0x7d);
    const next = await transcript.appendMessage(hello, { idempotencyKey: "next" });
    expect(next).toMatchObject({ parentId: "b", appended: true, tornTail: { kept: "entry" } });
    await appendFile(file, linkedLine("c", next.id, keyed("cut", hello)).slice(0, -4));
    const cut = await transcript.appendMessage(hello, { idempotencyKey: "cut" });
    expect(cut).toMatchObject({
      parentId: next.id,
      appended: true,
      tornTail: { kept: "malformed" },
    });
    const again = await transcript.appendMessage(hello, { idempotencyKey: "whole" });
    expect(again).toMatchObject({ id: "b", appended: false });
  });

  test("that is replaced, cut or deleted is read anew", async () => {
    const file = await tempFile();
    await using transcript = await openTranscript(file);
    const first = await transcript.appendMessage(hello, { idempotencyKey: "first" });
    await transcript.appendMessage(hello, { idempotencyKey: "second" });

    await truncate(file, first.offset + first.length + 1);
    const second = await transcript.appendMessage(hello, { idempotencyKey: "second" });
    expect(second).toMatchObject({ appended: true, parentId: first.id });

    const longer = [HEADER_LINE, linkedLine("x", null, { padding: "x".repeat(2000) })];
    await writeFile(file, [...longer, linkedLine("y", "x", keyed("third", hello))].join(""));
    const gone = await transcript.appendMessage(hello, { idempotencyKey: "first" });
    expect(gone).toMatchObject({ appended: true, parentId: "y" });
    const third = await transcript.appendMessage(hello, { idempotencyKey: "third" });
    expect(third).toMatchObject({ id: "y", appended: false });
  });

  test("may have lines of any length", async () => {
    const sizes = [100_000, 200_000, 1_500_000, 3_000_000];
    const lines = sizes.map((size, index) =>
      linkedLine(`e${index}`, index === 0 ? null : `e${index - 1}`, {
        before: "x".repeat(size),
        ...keyed(`k${index}`, hello),
      }),
    );
    await using transcript = await openTranscript(await tempFile(HEADER_LINE, ...lines), {
      maxEntryBytes: 2_000_000,
    });
    for (const [index] of sizes.entries()) {
      const result = await transcript.appendMessage(hello, {
        idempotencyKey: `k${index}`,
        onIdempotencyConflict: "stored",
      });
      expect(result).toMatchObject({ id: `e${index}`, appended: false });
      expect(result.entry !== undefined).toBe(index < 3);
    }
    const oversized = transcript.appendMessage(hello, { idempotencyKey: "k3" });
    await expect(oversized).rejects.toMatchObject({ code: "LEAFLOG_IDEMPOTENCY_CONFLICT" });
  });
});

test("updates are of new entries alone, and count the messages of the file", async () => {
  const file = await tempFile(
    HEADER_LINE,
    linkedLine("a", null),
    linkedLine("b", "a", { type: "custom" }),
    linkedLine("c", "a", keyed("k", hello)),
    linkedLine("d", "c").trimEnd(),
  );
  const updates: TranscriptUpdate[] = [];
  const stop = onTranscriptUpdate((update) => {
    if (update.file === file) updates.push(update);
  });
  const transcript = await openTranscript(file);
  try {
    await transcript.appendMessage(hello, { idempotencyKey: "k" });
    await transcript.appendMessage(hello, { idempotencyKey: "new" });
    await transcript.append({ type: "custom" }, { idempotencyKey: "custom" });
    const last = await transcript.appendMessage(hello, { idempotencyKey: "last" });
    expect(last.messageSeq).toBe(5);
  } finally {
    await transcript.close();
    stop();
  }
  expect(updates.map(({ entry, messageSeq }) => [entry.type, messageSeq])).toEqual([
    ["message", 4],
    ["custom", undefined],
    ["message", 5],
  ]);
});
