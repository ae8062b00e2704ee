import { describe, expect, test } from "vitest";
import { createTranscriptSdk, type SdkMirrorOptions } from "../../src/sdk/index.js";
import { memoryHost } from "../../src/sdk/testing/index.js";
import { ALICE, pluginWorld } from "../support/sdk/plugin-world.js";

const messages = [
  { role: "user", content: "question" },
  { role: "assistant", content: "answer" },
];

describe("mirror", () => {
  test("brings each message once, from however many plugins and processes' SDKs", async () => {
    const { host, sdk, root } = await pluginWorld();
    const second = createTranscriptSdk(host);
    const results = await Promise.all(
      [sdk, second, sdk].map((one) => one.mirror(ALICE, { scope: "chat", messages })),
    );
    expect(results.reduce((sum, { appended }) => sum + appended, 0)).toBe(2);
    const stored = [];
    for await (const { entry } of sdk.readEntries(ALICE)) stored.push(entry?.message);
    expect(stored).toMatchObject(messages);
    expect(root).not.toBe("");
    await host.close();
  });

  test("an empty list touches nothing; another role is passed over", async () => {
    await using host = memoryHost();
    const sdk = createTranscriptSdk(host);
    expect(await sdk.mirror(ALICE, { scope: "s", messages: [] })).toEqual({
      messages: [],
      appended: 0,
    });
    await sdk.mirror(ALICE, { scope: "s", messages: [{ role: "system", content: "x" }] });
    expect(host.text(ALICE)).toBeUndefined();
  });

  test.each([
    "identityOf",
    "beforeWrite",
    "redact",
  ] as const)("what %s throws is the plugin's own, and nothing is written", async (hook) => {
    await using host = memoryHost();
    const sdk = createTranscriptSdk(host);
    const own = Object.assign(new Error("mine"), { code: "EACCES", path: "/of/the/plugin" });
    const failing = () => {
      throw own;
    };
    const fingerprintSecret = "a secret of the test";
    const options = { scope: "s", messages, fingerprintSecret };
    const call = sdk.mirror(ALICE, { ...options, [hook]: failing });
    expect(await call.catch((error: unknown) => error)).toBe(own);
    expect(host.text(ALICE)).toBeUndefined();
  });

  test("hooks get copies, and may rewrite, block and redact", async () => {
    await using host = memoryHost();
    const sdk = createTranscriptSdk(host);
    const { appended, messages: told } = await sdk.mirror(ALICE, {
      scope: "s",
      messages,
      identityOf: (_, index) => `turn-${index}`,
      beforeWrite: async (message, { index, key }) =>
        index === 0 ? null : { ...message, content: `${key}: ${message.content}` },
      redact: (message) => ({ ...message, content: String(message.content).toUpperCase() }),
    });
    expect(appended).toBe(1);
    expect(told.map(({ blocked }) => blocked)).toEqual([true, false]);
    expect(host.entries(ALICE)).toMatchObject([{ message: { content: "S:TURN-1: ANSWER" } }]);
    expect(messages[1]?.content).toBe("answer");
  });

  const cycle: Record<string, unknown> = { role: "user" };
  cycle.self = cycle;

  test.each<[string, string, unknown]>([
    ["nothing", "INVALID_ARGUMENT", undefined],
    ["no scope", "INVALID_ARGUMENT", { messages }],
    ["a blank scope", "INVALID_ARGUMENT", { messages, scope: " " }],
    ["no messages", "INVALID_ARGUMENT", { scope: "s" }],
    ["messages that are none", "INVALID_ARGUMENT", { scope: "s", messages: ["hello"] }],
    ["a hole", "INVALID_ARGUMENT", { scope: "s", messages: new Array(1) }],
    ["too many of them", "INVALID_ARGUMENT", { scope: "s", messages: new Array(1e6) }],
    ["a cycle", "NOT_SERIALIZABLE", { scope: "s", messages: [cycle] }],
    [
      "a message that throws",
      "NOT_SERIALIZABLE",
      {
        scope: "s",
        messages: [
          {
            get role() {
              throw new Error("no");
            },
          },
        ],
      },
    ],
    ["roles that are none", "INVALID_ARGUMENT", { scope: "s", messages, roles: "user" }],
    ["a hook that is none", "INVALID_ARGUMENT", { scope: "s", messages, redact: "all" }],
    ["a way to open files", "INVALID_ARGUMENT", { scope: "s", messages, transcript: {} }],
  ])("refuses %s", async (_, code, options) => {
    await using host = memoryHost();
    const sdk = createTranscriptSdk(host);
    await expect(sdk.mirror(ALICE, options as SdkMirrorOptions)).rejects.toMatchObject({
      code: `LEAFLOG_${code}`,
    });
    expect(host.text(ALICE)).toBeUndefined();
  });
});
