import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { openTranscript } from "../../src/index.js";
import { createTranscriptSdk, HostLife, type TranscriptSdk } from "../../src/sdk/index.js";
import { type MemoryHost, memoryHost } from "../../src/sdk/testing/index.js";
import { deferred } from "../support/deferred.js";
import { ALICE, BOB, message, pluginWorld } from "../support/sdk/plugin-world.js";

const ENDS: [string, string, (host: MemoryHost) => Promise<void>][] = [
  ["superseded", "LEAFLOG_SUPERSEDED", (host) => host.supersede()],
  ["closed", "LEAFLOG_CLOSED", (host) => host.close()],
];

const CALLS: [string, (sdk: TranscriptSdk) => unknown][] = [
  ["append", (sdk) => sdk.append(ALICE, { type: "b" })],
  ["append under a key", (sdk) => sdk.append(ALICE, { type: "b" }, { idempotencyKey: "k" })],
  ["appendBatch", (sdk) => sdk.appendBatch(ALICE, [{ type: "b" }])],
  [
    "mirror",
    (sdk) => sdk.mirror(ALICE, { scope: "s", messages: [{ role: "user", content: "b" }] }),
  ],
  ["withWriteLock", (sdk) => sdk.withWriteLock(ALICE, (tx) => tx.append({ type: "b" }))],
  ["readEntries", (sdk) => sdk.readEntries(ALICE).next()],
  ["readDelta", (sdk) => sdk.readDelta(ALICE)],
  ["latestAssistantText", (sdk) => sdk.latestAssistantText(ALICE)],
  ["onUpdate", (sdk) => sdk.onUpdate(() => undefined)],
];

const codeOf = async (call: () => unknown): Promise<unknown> => {
  try {
    return { resolved: await call() };
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
};

describe.each(ENDS)("a host that is %s", (_, code, end) => {
  test.each(CALLS)("rejects %s, and nothing is written", async (_name, call) => {
    const host = memoryHost();
    const sdk = createTranscriptSdk(host);
    await sdk.append(ALICE, { type: "a" });
    await end(host);
    const before = host.text(ALICE);
    expect(await codeOf(() => call(sdk))).toBe(code);
    expect(await codeOf(() => call(createTranscriptSdk(host)))).toBe(code);
    expect(host.text(ALICE)).toBe(before);
  });

  test.each(CALLS.slice(0, 5))("rejects %s that waits for the lock", async (_name, call) => {
    const host = memoryHost();
    const sdk = createTranscriptSdk(host);
    await sdk.append(ALICE, { type: "a" });
    await sdk.close();
    const other = createTranscriptSdk(host);
    const letGo = host.hold("lock", { identity: ALICE });
    const waiting = codeOf(() => call(other));
    await new Promise((resolve) => setTimeout(resolve, 10));
    const ended = end(host);
    expect(await Promise.race([waiting, ended.then(() => "too late")])).toBe(code);
    letGo();
    await ended;
    expect(host.entries(ALICE).map(({ type }) => type)).toEqual(["a"]);
  });

  test("rejects what waits in the queue, behind what is being written", async () => {
    const host = memoryHost();
    const sdk = createTranscriptSdk(host);
    await sdk.append(ALICE, { type: "a" });
    const letGo = host.hold("write", { identity: ALICE });
    const written = sdk.append(ALICE, { type: "b" });
    await new Promise((resolve) => setTimeout(resolve, 20));
    const waiting = CALLS.slice(0, 5).map(([, call]) => codeOf(() => call(sdk)));
    await new Promise((resolve) => setTimeout(resolve, 5));
    const ended = end(host);
    let isEnded = false;
    void ended.then(() => {
      isEnded = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(isEnded).toBe(false);
    letGo();
    // Its write had begun: it is told the truth.
    expect(await written).toMatchObject({ appended: true });
    expect(await Promise.all(waiting)).toEqual(waiting.map(() => code));
    await ended;
    expect(host.entries(ALICE).map(({ type }) => type)).toEqual(["a", "b"]);
  });

  test("rejects a callback that runs within withWriteLock, at once", async () => {
    const host = memoryHost();
    const sdk = createTranscriptSdk(host);
    const inside = deferred();
    let late: unknown;
    const go = deferred();
    const call = codeOf(() =>
      sdk.withWriteLock(ALICE, async (tx) => {
        tx.append({ type: "staged" });
        inside.resolve();
        await go.promise;
        late = await codeOf(() => tx.append({ type: "late" }));
      }),
    );
    await inside.promise;
    await end(host);
    expect(await call).toBe(code);
    go.resolve();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(late).toBe(code);
    expect(host.text(ALICE)).toBeUndefined();
  });

  test("rejects a callback that ended it itself", async () => {
    const host = memoryHost();
    const sdk = createTranscriptSdk(host);
    const call = sdk.withWriteLock(ALICE, async (tx) => {
      tx.append({ type: "staged" });
      void end(host);
    });
    await expect(call).rejects.toMatchObject({ code });
    expect(host.text(ALICE)).toBeUndefined();
  });

  test("rejects a transaction whose callback had returned, as long as nothing is written", async () => {
    const host = memoryHost();
    const sdk = createTranscriptSdk(host);
    await sdk.append(ALICE, { type: "a" });
    let letGo: (() => void) | undefined;
    const call = codeOf(() =>
      sdk.withWriteLock(ALICE, (tx) => {
        letGo = host.hold("stat", { identity: ALICE });
        tx.append({ type: "staged" });
      }),
    );
    await new Promise((resolve) => setTimeout(resolve, 20));
    const ended = end(host);
    letGo?.();
    expect(await call).toBe(code);
    await ended;
    expect(host.entries(ALICE).map(({ type }) => type)).toEqual(["a"]);
  });

  test("rejects a mirror whose hook would never return", async () => {
    const host = memoryHost();
    const sdk = createTranscriptSdk(host);
    const asked = deferred();
    const call = codeOf(() =>
      sdk.mirror(ALICE, {
        scope: "s",
        messages: [{ role: "user", content: "a" }],
        beforeWrite: () => {
          asked.resolve();
          return new Promise(() => undefined);
        },
      }),
    );
    await asked.promise;
    await end(host);
    expect(await call).toBe(code);
    expect(host.text(ALICE)).toBeUndefined();
  });

  test("ends a reading between two entries with the code, not as if it were complete", async () => {
    const host = memoryHost();
    const sdk = createTranscriptSdk(host);
    await host.seed(ALICE, [{ type: "a" }, { type: "b" }]);
    const reading = sdk.readEntries(ALICE);
    expect((await reading.next()).value).toMatchObject({ entry: { type: "a" } });
    await end(host);
    await expect(reading.next()).rejects.toMatchObject({ code, identity: ALICE });
    expect(await reading.next()).toEqual({ value: undefined, done: true });
  });

  test("tells no more updates", async () => {
    const host = memoryHost();
    const sdk = createTranscriptSdk(host);
    const seen: unknown[] = [];
    sdk.onUpdate((update) => seen.push(update));
    await end(host);
    await host.seed(ALICE, [{ type: "a" }]);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(seen).toEqual([]);
  });

  test("does not wait for a lookup of its own that never ends", async () => {
    const life = new HostLife();
    const sdk = createTranscriptSdk({ life, resolve: () => new Promise(() => undefined) });
    const call = codeOf(() => sdk.append(ALICE, { type: "a" }));
    await (code === "LEAFLOG_CLOSED" ? life.close() : life.supersede());
    expect(await call).toBe(code);
  });
});

test("the way a life ended stays, and ending it again waits", async () => {
  const life = new HostLife();
  await life.supersede();
  await life.close();
  expect(life.state).toBe("superseded");
});

test("closing one SDK ends its plugin alone", async () => {
  const host = memoryHost();
  const [first, second] = [createTranscriptSdk(host), createTranscriptSdk(host)];
  await first.append(ALICE, { type: "a" });
  await first.close();
  await first.close();
  await expect(first.append(ALICE, { type: "b" })).rejects.toMatchObject({
    code: "LEAFLOG_CLOSED",
  });
  await second.append(ALICE, { type: "c" });
  await host.close();
  expect(host.entries(ALICE).map(({ type }) => type)).toEqual(["a", "c"]);
});

test("the successor takes over where the superseded one stopped", async () => {
  const { host, root, fileOf } = await pluginWorld();
  const { directoryHost } = await import("../../src/sdk/index.js");
  const old = createTranscriptSdk(host);
  const calls = Array.from({ length: 50 }, (_, n) => old.append(ALICE, { type: "old", n }));
  await new Promise((resolve) => setImmediate(resolve));
  const superseded = host.supersede();
  const next = directoryHost({ root, rights: ["append"] });
  const sdk = createTranscriptSdk(next);
  await superseded;
  const acknowledged = (await Promise.allSettled(calls)).filter((r) => r.status === "fulfilled");
  await sdk.append(ALICE, { type: "new" });
  await next.close();
  const lines = (await readFile(fileOf(ALICE), "utf8")).trimEnd().split("\n").slice(1);
  const types = lines.map((line) => JSON.parse(line).type);
  expect(types).toEqual([...acknowledged.map(() => "old"), "new"]);
});

test("a closed host leaves nothing open and nothing beside the transcripts", async () => {
  const { host, sdk, names, root, fileOf } = await pluginWorld();
  await Promise.all([
    sdk.append(ALICE, message("user", "a")),
    sdk.append(BOB, message("user", "b")),
    sdk.mirror(BOB, { scope: "s", messages: [{ role: "user", content: "c" }] }),
  ]);
  await host.close();
  const transcripts = (await names()).filter((name) => name.startsWith("root/"));
  expect(transcripts).toEqual([
    "root/alice",
    "root/alice/s1.jsonl",
    "root/bob",
    "root/bob/s1.jsonl",
  ]);
  expect(root).not.toBe("");
  await using transcript = await openTranscript(fileOf(ALICE));
  expect((await transcript.header())?.id).toBe("s1");
});
