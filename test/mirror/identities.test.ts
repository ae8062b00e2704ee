import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openTranscript } from "../../src/index.js";
import { type MirrorMessage, type MirrorOptions, mirrorMessages } from "../../src/mirror/index.js";
import { tempDirectory } from "../support/temp-directory.js";

const user = (content: unknown, more: object = {}): MirrorMessage => ({
  role: "user",
  content,
  ...more,
});

const tempFile = async () => join(await tempDirectory(), "a.jsonl");

/** Mirrors one message with an identity. */
async function mirrorOne(file: string, scope: string, identity: string | undefined, text: string) {
  const messages = [user(text)];
  const { messages: mirrored } = await mirrorMessages(file, {
    messages,
    scope,
    identityOf: () => identity,
  });
  return mirrored[0];
}

describe("no message is taken for another's", () => {
  test("an identity that looks like a place among the messages", async () => {
    const file = await tempFile();
    for (const turn of [0, 7, 12]) {
      const mirrored = await mirrorOne(file, "chat", `user:${turn}`, "ok");
      expect(mirrored).toMatchObject({ appended: true });
    }
    // Nor for a message that has no identity and stands at that place.
    expect(await mirrorOne(file, "chat", undefined, "ok")).toMatchObject({ appended: true });
    expect(await mirrorOne(file, "chat", "user:7", "ok")).toMatchObject({ appended: false });
  });

  test("one with an identity, for what an older mirror wrote at its place", async () => {
    const file = await tempFile();
    await using transcript = await openTranscript(file);
    await transcript.appendMessage(user("ok"), { idempotencyKey: "chat:user:0" });
    expect(await mirrorOne(file, "chat", "turn-9", "ok")).toMatchObject({ appended: true });
  });

  test("whatever stands in scopes and identities", async () => {
    const file = await tempFile();
    const parts = [
      "a",
      "a:b",
      "b",
      "a%3Ab",
      "a%",
      "a%25",
      "%3A",
      ":",
      "b:1",
      "1",
      "a:b:1",
      "b%3A1",
    ];
    const pairs = parts.flatMap((scope) => parts.map((identity) => [scope, identity] as const));
    const ids = new Set<string | undefined>();
    for (const [scope, identity] of pairs) {
      const mirrored = await mirrorOne(file, scope, identity, "the same");
      expect(mirrored, `${scope} | ${identity}`).toMatchObject({ appended: true });
      ids.add(mirrored?.id);
    }
    expect(ids.size).toBe(pairs.length);
    for (const [scope, identity] of pairs) {
      expect(await mirrorOne(file, scope, identity, "x")).toMatchObject({ appended: false });
    }
  });

  test("an identity that looks like a fingerprint", async () => {
    const file = await tempFile();
    const made = await mirrorOne(file, "s", undefined, "secret");
    const identity = made?.key?.slice("s:".length) ?? "";
    expect(await mirrorOne(file, "s", identity, "mine")).toMatchObject({ appended: true });
  });
});

test("the order of members does not make another message of one", async () => {
  const file = await tempFile();
  const parts = [
    [{ type: "text", text: "hi", meta: { a: 1, b: [{ c: 1, d: 2 }] } }],
    [{ meta: { b: [{ d: 2, c: 1 }], a: 1 }, text: "hi", type: "text" }],
  ];
  const results = [];
  for (const part of parts) {
    results.push(await mirrorMessages(file, { scope: "s", messages: [user(part)] }));
  }
  expect(results.map(({ appended }) => appended)).toEqual([1, 0]);
  // The order of elements does.
  for (const content of [
    ["a", "b"],
    ["b", "a"],
  ]) {
    const { appended } = await mirrorMessages(file, { scope: "s", messages: [user(content)] });
    expect(appended).toBe(1);
  }
});

describe("redaction", () => {
  const redact = (message: MirrorMessage) => ({ ...message, content: "[pin]" });

  test("asks for an identity or a secret before anything is written", async () => {
    const file = await tempFile();
    const messages = [user("1234")];
    const bad: Partial<MirrorOptions>[] = [
      {},
      { identityOf: () => undefined },
      { fingerprintSecret: "short" },
      { fingerprintSecret: 5 as never },
    ];
    for (const more of bad) {
      const refused = mirrorMessages(file, { messages, scope: "s", redact, ...more });
      await expect(refused).rejects.toMatchObject({
        code: "LEAFLOG_INVALID_ARGUMENT",
        message: expect.stringContaining("fingerprintSecret"),
      });
    }
    await expect(readFile(file)).rejects.toMatchObject({ code: "ENOENT" });
    const named = { messages, scope: "s", redact, identityOf: () => "turn-1" };
    expect(await mirrorMessages(file, named)).toMatchObject({ appended: 1 });
  });

  test("with a secret leaves nothing that a short text could be guessed from", async () => {
    const [first, second] = [await tempFile(), await tempFile()];
    const options = { messages: [user("1234")], scope: "s", redact };
    const fingerprintSecret = "known to the gateway alone";
    const keyed = { ...options, fingerprintSecret };
    expect(await mirrorMessages(first, keyed)).toMatchObject({ appended: 1 });
    expect(await mirrorMessages(first, keyed)).toMatchObject({ appended: 0 });
    expect(await mirrorMessages(first, { ...keyed, messages: [user("4321")] })).toMatchObject({
      appended: 1,
    });
    const guess = await mirrorMessages(second, { messages: [user("1234")], scope: "s" });
    const text = await readFile(first, "utf8");
    expect(text).not.toContain("1234");
    expect(text).not.toContain(guess.messages[0]?.key);
    const other = { ...keyed, fingerprintSecret: `${fingerprintSecret}!` };
    expect(await mirrorMessages(first, other)).toMatchObject({ appended: 1 });
  });
});

test("a message without a role is refused, whatever the roles", async () => {
  const file = await tempFile();
  for (const message of [{}, { role: 5 }, { role: " " }, { content: "a" }, []]) {
    const messages = [user("a"), message as MirrorMessage];
    const refused = mirrorMessages(file, { messages, scope: "s" });
    await expect(refused).rejects.toMatchObject({
      code: "LEAFLOG_INVALID_ARGUMENT",
      message: expect.stringContaining("messages[1]"),
    });
  }
  await expect(readFile(file)).rejects.toMatchObject({ code: "ENOENT" });
});

test("all results have one shape, of own members", async () => {
  const file = await tempFile();
  const messages = [user("a"), user("b"), { role: "system", content: "c" }];
  const beforeWrite = (message: MirrorMessage) => (message.content === "b" ? null : message);
  const first = await mirrorMessages(file, { messages, scope: "s", beforeWrite });
  const again = await mirrorMessages(file, { messages, scope: "s", beforeWrite });
  const all = [...first.messages, ...again.messages];
  const names = ["id", "appended", "blocked", "skipped", "key", "message", "messageSeq"];
  for (const mirrored of all) {
    expect(Object.keys(mirrored)).toEqual(names);
    expect({ ...mirrored }).toEqual(mirrored);
    expect(Object.getPrototypeOf(mirrored)).toBe(Object.prototype);
  }
  expect(JSON.parse(JSON.stringify(first.messages[0]))).toMatchObject({ message: user("a") });
});
