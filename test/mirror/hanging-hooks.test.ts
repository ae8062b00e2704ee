import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type MirrorMessage, mirrorMessages } from "../../src/mirror/index.js";
import { createTranscriptSdk } from "../../src/sdk/index.js";
import { memoryHost } from "../../src/sdk/testing/index.js";
import { countListeners } from "../support/counted-listeners.js";
import { soon } from "../support/fault-deadline.js";
import { tempDirectory } from "../support/temp-directory.js";

const messages: MirrorMessage[] = [{ role: "user", content: "a" }];
const never = () => new Promise<never>(() => undefined);
const common = { messages, scope: "s", identityOf: () => "one" };

describe.each(["beforeWrite", "redact"] as const)("a %s that does not come back", (hook) => {
  test("is ended by the signal, whose reason is told", async () => {
    const file = join(await tempDirectory(), "a.jsonl");
    const controller = new AbortController();
    const listeners = countListeners(controller.signal);
    const { signal } = controller;
    const call = mirrorMessages(file, {
      ...common,
      signal,
      [hook]: () => {
        setImmediate(() => controller.abort("enough"));
        return never();
      },
    });
    const error = await soon(
      call.catch((thrown: unknown) => thrown),
      "the mirror",
      20_000,
    );
    expect(error).toMatchObject({ code: "LEAFLOG_ABORTED", cause: "enough", file });
    expect(listeners()).toBe(0);
    await expect(readFile(file)).rejects.toMatchObject({ code: "ENOENT" });
  });

  test("is ended by the deadline, which names it", async () => {
    const file = join(await tempDirectory(), "a.jsonl");
    const call = mirrorMessages(file, { ...common, timeoutMs: 50, [hook]: never });
    const error = await soon(
      call.catch((thrown: unknown) => thrown),
      "the mirror",
      20_000,
    );
    expect(error).toMatchObject({
      code: "LEAFLOG_TIMEOUT",
      waitedMs: expect.any(Number),
      message: expect.stringContaining(hook),
    });
    await expect(readFile(file)).rejects.toMatchObject({ code: "ENOENT" });
  });

  test("is ended through the SDK as well", async () => {
    await using host = memoryHost();
    const sdk = createTranscriptSdk(host);
    const identity = { agentId: "a", sessionId: "s" };
    const late = sdk.mirror(identity, { ...common, timeoutMs: 50, [hook]: never });
    await expect(soon(late, "the mirror", 20_000)).rejects.toMatchObject({
      code: "LEAFLOG_TIMEOUT",
    });
    const signal = AbortSignal.timeout(50);
    const ended = sdk.mirror(identity, { ...common, signal, [hook]: never });
    await expect(soon(ended, "the mirror", 20_000)).rejects.toMatchObject({
      code: "LEAFLOG_ABORTED",
    });
  });
});

test("what hooks take together counts, and what comes late is of no account", async () => {
  const file = join(await tempDirectory(), "a.jsonl");
  const rejected: unknown[] = [];
  const note = (reason: unknown) => rejected.push(reason);
  process.on("unhandledRejection", note);
  const beforeWrite = async (message: MirrorMessage) => {
    await new Promise((resolve) => setTimeout(resolve, 60));
    if (message.content === "b") throw new Error("too late");
    return message;
  };
  const many = [...messages, { role: "user", content: "b" }];
  const call = mirrorMessages(file, { messages: many, scope: "s", timeoutMs: 100, beforeWrite });
  await expect(call).rejects.toMatchObject({ code: "LEAFLOG_TIMEOUT" });
  await new Promise((resolve) => setTimeout(resolve, 100));
  process.off("unhandledRejection", note);
  expect(rejected).toEqual([]);
  await expect(readFile(file)).rejects.toMatchObject({ code: "ENOENT" });
});
