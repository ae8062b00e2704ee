import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openTranscript } from "../../src/index.js";
import { type MirrorMessage, mirrorMessages } from "../../src/mirror/index.js";
import { createTranscriptSdk } from "../../src/sdk/index.js";
import { memoryHost } from "../../src/sdk/testing/index.js";
import { tempDirectory } from "../support/temp-directory.js";

const ROLELESS: [string, object][] = [
  ["no role", { content: "hello" }],
  ["a blank role", { role: " " }],
  ["a role that is no text", { role: 5 }],
  ["a role that JSON does not see", Object.create({ role: "user" }) as object],
  ["a role that its toJSON leaves out", { role: "user", toJSON: () => ({ content: "x" }) }],
];

const refusal = {
  code: "LEAFLOG_INVALID_ARGUMENT",
  message: expect.stringContaining("message.role"),
};

test.each(
  ROLELESS,
)("a message with %s is refused before anything is touched", async (_, message) => {
  const directory = await tempDirectory();
  const file = join(directory, "a.jsonl");
  const entry = { type: "message", message };
  const fine = { type: "message", message: { role: "user" } };
  const transcript = await openTranscript(file);
  const hooks = { redact: () => message as MirrorMessage, identityOf: () => "one" };
  const options = { messages: [fine.message], scope: "s", ...hooks };
  for (const call of [
    () => transcript.appendMessage(message),
    () => transcript.append(entry),
    () => transcript.append(entry, { idempotencyKey: "k" }),
    () => transcript.appendBatch([fine, entry]),
    () => mirrorMessages(transcript, options),
  ]) {
    await expect(call()).rejects.toMatchObject({ ...refusal, file });
  }
  expect(await readdir(directory)).toEqual([]);
  const staged = transcript.transaction(async (tx) => {
    tx.append(fine);
    tx.append(entry);
  });
  await expect(staged).rejects.toMatchObject(refusal);
  await transcript.close();
  expect(await readdir(directory)).toEqual([]);
});

// What has no members of its own the SDK refuses to copy.
const COPIED = ROLELESS.filter(([, message]) => Object.keys(message).length > 0);

test.each(COPIED)("a plugin's message with %s is refused", async (_, message) => {
  await using host = memoryHost();
  const sdk = createTranscriptSdk(host);
  const identity = { agentId: "a", sessionId: "s" };
  const entry = { type: "message", message };
  const hooks = { redact: () => message as MirrorMessage, identityOf: () => "one" };
  for (const call of [
    () => sdk.append(identity, entry),
    () => sdk.appendBatch(identity, [entry]),
    () => sdk.mirror(identity, { messages: [{ role: "user" }], scope: "s", ...hooks }),
    () => sdk.withWriteLock(identity, async (tx) => tx.append(entry)),
    () => sdk.withWriteLock(identity, (tx) => tx.appendOnce(entry, { idempotencyKey: "k" })),
  ]) {
    await expect(call()).rejects.toMatchObject({ ...refusal, identity });
  }
  expect(host.text(identity)).toBeUndefined();
});

test("a list is no message", async () => {
  await using transcript = await openTranscript(join(await tempDirectory(), "a.jsonl"));
  await expect(transcript.appendMessage([{ role: "user" }])).rejects.toMatchObject(refusal);
});

test("entries of other types may have a message of any kind", async () => {
  await using transcript = await openTranscript(join(await tempDirectory(), "a.jsonl"));
  expect(await transcript.append({ type: "custom", message: { text: "x" } })).toBeDefined();
  expect(await transcript.append({ type: "message", text: "x" })).toBeDefined();
});
