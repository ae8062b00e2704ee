import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type MirrorSession, mirrorToSession, uniqueSession } from "../../src/mirror/index.js";
import { readChain } from "../support/lines.js";
import { tempDirectory } from "../support/temp-directory.js";

const options = { messages: [{ role: "user", content: "hello" }], scope: "s" };

test("messages go to the one session of their chat", async () => {
  const directory = await tempDirectory();
  const sessions: MirrorSession[] = ["here", "there"].map((chat) => ({
    chat,
    target: join(directory, `${chat}.jsonl`),
  }));
  const result = await mirrorToSession(sessions, { chat: "here", user: "ann" }, options);
  expect(result).toMatchObject({ appended: 1 });
  expect(await readChain(join(directory, "here.jsonl"))).toHaveLength(1);
  expect(await readdir(directory)).toEqual(["here.jsonl"]);
});

test("without a unique session the answer is false, and nothing is touched", async () => {
  const directory = await tempDirectory();
  const session = (name: string, user?: string) => ({
    chat: "group",
    target: join(directory, name),
    user,
  });
  const shared = [session("a", "ann"), session("b", "bob")];
  expect(await mirrorToSession([], { chat: "group" }, options)).toBe(false);
  expect(await mirrorToSession(shared, { chat: "elsewhere", user: "ann" }, options)).toBe(false);
  expect(await mirrorToSession(shared, { chat: "group" }, options)).toBe(false);
  expect(await mirrorToSession(shared, { chat: "group", user: "eve" }, options)).toBe(false);
  const twice = [...shared, session("c", "ann")];
  expect(await mirrorToSession(twice, { chat: "group", user: "ann" }, options)).toBe(false);
  expect(await readdir(directory)).toEqual([]);
  expect(await mirrorToSession(shared, { chat: "group", user: "bob" }, options)).toMatchObject({
    appended: 1,
  });
  expect(await readdir(directory)).toEqual(["b"]);
});

test("another user's session is never taken, even when it is the only one of the chat", () => {
  const own = { chat: "group", target: "a", user: "ann" };
  expect(uniqueSession([own], { chat: "group", user: "bob" })).toBeUndefined();
  expect(uniqueSession([own], { chat: "group", user: "ann" })).toBe(own);
  expect(uniqueSession([own], { chat: "group" })).toBe(own);
  const anybodys = { chat: "group", target: "b" };
  expect(uniqueSession([anybodys], { chat: "group", user: "bob" })).toBe(anybodys);
  expect(uniqueSession([anybodys, own], { chat: "group", user: "bob" })).toBeUndefined();
  expect(() => uniqueSession([own], { chat: "" })).toThrow(/chat/);
});

test("an error is an error, not a no", async () => {
  const directory = await tempDirectory();
  const sessions = [{ chat: "here", target: directory }];
  const failed = mirrorToSession(sessions, { chat: "here" }, options);
  await expect(failed).rejects.toMatchObject({ code: "LEAFLOG_LEAF_UNREADABLE" });
});
