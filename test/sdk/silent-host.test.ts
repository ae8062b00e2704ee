import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import {
  createTranscriptSdk,
  type TranscriptHost,
  type TranscriptSdk,
} from "../../src/sdk/index.js";
import { memoryHost } from "../../src/sdk/testing/index.js";
import { ALICE, BOB, message } from "../support/sdk/plugin-world.js";

/** A host that says nothing of some identities for now. */
function silentHost() {
  const host = memoryHost();
  const silent = new Set<string>([ALICE.agentId]);
  let asked = 0;
  const quiet: TranscriptHost = {
    life: host.life,
    resolve: async (identity) => {
      asked += 1;
      if (silent.has(identity.agentId)) await new Promise(() => undefined);
      return host.resolve(identity);
    },
  };
  return { host, quiet, silent, asked: () => asked };
}

type Options = { signal?: AbortSignal; timeoutMs?: number };

const CALLS: [string, (sdk: TranscriptSdk, options: Options) => Promise<unknown>][] = [
  ["append", (sdk, options) => sdk.append(ALICE, { type: "a" }, options)],
  ["appendBatch", (sdk, options) => sdk.appendBatch(ALICE, [{ type: "a" }], options)],
  ["withWriteLock", (sdk, options) => sdk.withWriteLock(ALICE, () => 1, options)],
  [
    "mirror",
    (sdk, options) => sdk.mirror(ALICE, { messages: [{ role: "user" }], scope: "s", ...options }),
  ],
];

const READS: typeof CALLS = [
  ["readDelta", (sdk, options) => sdk.readDelta(ALICE, options)],
  ["latestAssistantText", (sdk, options) => sdk.latestAssistantText(ALICE, options)],
  ["readEntries", (sdk, options) => sdk.readEntries(ALICE, options).next()],
];

test.each([
  ...CALLS,
  ...READS,
])("the signal ends %s while the host says nothing", async (_, call) => {
  const { quiet } = silentHost();
  const sdk = createTranscriptSdk(quiet);
  const controller = new AbortController();
  const called = call(sdk, { signal: controller.signal });
  const reason = new Error("enough");
  setTimeout(() => controller.abort(reason), 20);
  await expect(called).rejects.toMatchObject({
    code: "LEAFLOG_ABORTED",
    identity: ALICE,
    cause: reason,
  });
  await sdk.close();
});

test.each(CALLS)("the deadline ends %s while the host says nothing", async (_, call) => {
  const { quiet } = silentHost();
  const sdk = createTranscriptSdk(quiet);
  await expect(call(sdk, { timeoutMs: 30 })).rejects.toMatchObject({
    code: "LEAFLOG_TIMEOUT",
    identity: ALICE,
    message: expect.stringContaining("the host"),
    waitedMs: expect.any(Number),
  });
  await sdk.close();
});

test.each(CALLS)("what the host took is taken from the deadline of %s", async (name, call) => {
  const host = memoryHost();
  const slow: TranscriptHost = {
    resolve: async (identity) => {
      await sleep(60);
      return host.resolve(identity);
    },
  };
  const sdk = createTranscriptSdk(slow);
  await host.seed(ALICE, [{ type: "first" }]);
  const letGo = host.hold("write", { identity: ALICE });
  const held = host.seed(ALICE, [{ type: "held" }]);
  await sleep(20);
  const startedAt = performance.now();
  const called = call(sdk, { timeoutMs: 300 });
  await expect(called, name).rejects.toMatchObject({
    code: expect.stringMatching(/^LEAFLOG_(LOCK_)?TIMEOUT$/),
    waitedMs: expect.any(Number),
  });
  const error = await called.catch((thrown: { waitedMs: number }) => thrown);
  // Counted from when the host had answered.
  expect((error as { waitedMs: number }).waitedMs).toBeLessThan(performance.now() - startedAt - 40);
  letGo();
  await held;
  await sdk.close();
});

test("calls behind one that gave up ask the host anew", async () => {
  const { quiet, silent, host } = silentHost();
  const sdk = createTranscriptSdk(quiet);
  const given = sdk.append(ALICE, { type: "given-up" }, { timeoutMs: 20 });
  await Promise.resolve();
  const patient = sdk.append(ALICE, { type: "later" });
  await sdk.append(BOB, { type: "other" });
  await sleep(0);
  silent.clear();
  await expect(given).rejects.toMatchObject({ code: "LEAFLOG_TIMEOUT" });
  expect(await patient).toMatchObject({ appended: true });
  expect(host.entries(ALICE).map(({ type }) => type)).toEqual(["later"]);
  await sdk.close();
});

test("a signal that was aborted before does not ask the host", async () => {
  const { quiet, asked } = silentHost();
  const sdk = createTranscriptSdk(quiet);
  const signal = AbortSignal.abort();
  await expect(sdk.append(ALICE, { type: "a" }, { signal })).rejects.toMatchObject({
    code: "LEAFLOG_ABORTED",
  });
  expect(asked()).toBe(0);
  await sdk.close();
});

test("what a plugin misses of the host's exception the host is told", async () => {
  const failure = new Error("/secret/place of the database");
  const told: unknown[] = [];
  const host: TranscriptHost = {
    resolve: () => {
      throw failure;
    },
    onHostError: (error) => told.push(error),
  };
  const sdk = createTranscriptSdk(host);
  const error = await sdk.append(ALICE, { type: "a" }).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: "LEAFLOG_HOST_FAILED", identity: ALICE });
  expect((error as Error).cause).toBeUndefined();
  expect(String((error as Error).stack)).not.toContain("secret");
  expect(told).toEqual([
    expect.objectContaining({ code: "LEAFLOG_HOST_FAILED", identity: ALICE, cause: failure }),
  ]);
  await sdk.readDelta(ALICE);
  expect(told).toHaveLength(2);
  await sdk.close();
});

test.each([
  ["rights that are none", { file: "/a/b.jsonl", rights: ["everything"] }],
  ["a place that is none", { file: 5, rights: ["append"] }],
  ["options that are none", { file: "/a/b.jsonl", rights: ["append"], options: { mode: "x" } }],
])("the host is told of %s in its answer", async (_, grant) => {
  const told: { cause?: unknown }[] = [];
  const host = { resolve: () => grant, onHostError: (error: Error) => told.push(error) };
  const sdk = createTranscriptSdk(host as unknown as TranscriptHost);
  await expect(sdk.append(ALICE, { type: "a" })).rejects.toMatchObject({
    code: "LEAFLOG_HOST_FAILED",
  });
  expect(told).toHaveLength(1);
  expect(told[0]?.cause).toBeInstanceOf(Error);
  await sdk.close();
});

test("the host is told what its identify threw", async () => {
  const failure = new Error("no such table");
  let hear: (error: unknown) => void = () => undefined;
  const heard = new Promise<unknown>((resolve) => {
    hear = resolve;
  });
  const host = memoryHost({ onHostError: (error) => hear(error) });
  host.identify = async () => {
    throw failure;
  };
  const sdk = createTranscriptSdk(host);
  sdk.onUpdate(() => undefined);
  await host.seed(ALICE, [message("user", "Hello")]);
  expect(await heard).toMatchObject({ code: "LEAFLOG_HOST_FAILED", cause: failure });
  await sdk.close();
});

test("directoryHost hands over what its functions threw, and a hook that throws harms nobody", async () => {
  const failure = new Error("rights are away");
  const told: unknown[] = [];
  const host = memoryHost({
    onHostError: (error) => {
      told.push(error.cause);
      throw new Error("the hook fails");
    },
  });
  host.resolve = async () => {
    throw failure;
  };
  const sdk = createTranscriptSdk(host);
  const warned = new Promise<void>((resolve) => {
    process.on("warning", function hear({ message }) {
      if (!message.includes("the hook fails")) return;
      process.off("warning", hear);
      resolve();
    });
  });
  await expect(sdk.append(ALICE, { type: "a" })).rejects.toMatchObject({
    code: "LEAFLOG_HOST_FAILED",
  });
  expect(told).toEqual([failure]);
  await warned;
  await sdk.close();
});
