import { expect, test } from "vitest";
import { createTranscriptSdk, type TranscriptDelta } from "../../src/sdk/index.js";
import { memoryHost } from "../../src/sdk/testing/index.js";
import { HEADER_LINE, linkedLine } from "../support/lines.js";
import { ALICE, BOB, message } from "../support/sdk/plugin-world.js";

type DeltaPage = Extract<TranscriptDelta, { state: "page" }>;

function pageOf(delta: TranscriptDelta): DeltaPage {
  if (delta.state !== "page") throw new Error(`it is ${delta.state}`);
  return delta;
}

const typesOf = (delta: TranscriptDelta): unknown[] =>
  pageOf(delta).entries.map(({ entry }) => entry?.type);

test("what is new since a cursor, bounded by count and by bytes", async () => {
  await using host = memoryHost();
  const sdk = createTranscriptSdk(host);
  await host.seed(ALICE, [{ type: "a" }, { type: "b" }, { type: "c", text: "x".repeat(5000) }]);
  const first = pageOf(await sdk.readDelta(ALICE, { maxEntries: 1 }));
  expect([typesOf(first), first.hasMore]).toEqual([["a"], true]);
  const second = pageOf(await sdk.readDelta(ALICE, { cursor: first.cursor, maxBytes: 1000 }));
  expect([typesOf(second), second.hasMore]).toEqual([["b"], true]);
  const stuck = pageOf(await sdk.readDelta(ALICE, { cursor: second.cursor, maxBytes: 1000 }));
  expect(stuck).toMatchObject({ entries: [], hasMore: true, requiredBytes: expect.any(Number) });
  const { requiredBytes = 0 } = stuck;
  const third = pageOf(
    await sdk.readDelta(ALICE, { cursor: stuck.cursor, maxBytes: requiredBytes }),
  );
  expect([typesOf(third), third.hasMore]).toEqual([["c"], false]);
  const none = pageOf(await sdk.readDelta(ALICE, { cursor: third.cursor }));
  expect(none).toMatchObject({ entries: [], hasMore: false });
  await sdk.append(ALICE, { type: "d" });
  expect(typesOf(await sdk.readDelta(ALICE, { cursor: none.cursor }))).toEqual(["d"]);
});

test("everything comes once, however small the pages, with appends in between", async () => {
  await using host = memoryHost();
  const sdk = createTranscriptSdk(host);
  const seen: unknown[] = [];
  let cursor: string | undefined;
  for (let n = 0; n < 60; n += 1) {
    if (n < 40) await sdk.append(ALICE, { type: "a", n });
    const delta = pageOf(
      await sdk.readDelta(ALICE, { ...(cursor && { cursor }), maxEntries: 1 + (n % 3) }),
    );
    seen.push(...delta.entries.map(({ entry }) => entry?.n));
    cursor = delta.cursor;
  }
  expect(seen).toEqual([...Array(40).keys()]);
});

test("missing, until it is there; the cursor outlives that it is gone", async () => {
  await using host = memoryHost();
  const sdk = createTranscriptSdk(host);
  expect(await sdk.readDelta(ALICE)).toEqual({ state: "missing" });
  expect(await sdk.readDelta(ALICE, { cursor: "no cursor" })).toEqual({ state: "missing" });
  await host.seed(ALICE, [{ type: "a" }]);
  const { cursor } = pageOf(await sdk.readDelta(ALICE));
  const before = host.text(ALICE) ?? "";
  await host.remove(ALICE);
  expect(await sdk.readDelta(ALICE, { cursor })).toEqual({ state: "missing" });
  await host.write(ALICE, before);
  expect(await sdk.readDelta(ALICE, { cursor })).toMatchObject({ state: "reset" });
  await host.write(BOB, "");
  expect(await sdk.readDelta(BOB)).toMatchObject({ state: "page", entries: [], hasMore: false });
});

test("a reset says why, holds nothing, and its cursor is the start", async () => {
  await using host = memoryHost();
  const sdk = createTranscriptSdk(host);
  await host.write(ALICE, HEADER_LINE + linkedLine("a", null));
  await host.write(BOB, HEADER_LINE + linkedLine("b", null));
  const { cursor } = pageOf(await sdk.readDelta(ALICE));
  for (const [identity, given, reason] of [
    [BOB, cursor, "replaced"],
    [ALICE, "no cursor", "invalid-cursor"],
    [ALICE, `${cursor.slice(0, 10)}`, "invalid-cursor"],
  ] as const) {
    const reset = await sdk.readDelta(identity, { cursor: given });
    expect(reset).toEqual({ state: "reset", reason, cursor: expect.any(String) });
    const again = await sdk.readDelta(identity, { cursor: (reset as DeltaPage).cursor });
    expect(typesOf(again)).toEqual(["message"]);
  }
});

test("unavailable while it cannot be read; the cursor stays good", async () => {
  await using host = memoryHost();
  const sdk = createTranscriptSdk(host);
  await host.seed(ALICE, [{ type: "a" }]);
  const { cursor } = pageOf(await sdk.readDelta(ALICE));
  await host.seed(ALICE, [{ type: "b" }]);
  for (const operation of ["open", "read", "stat"] as const) {
    host.fail(operation, "EIO", { identity: ALICE });
    expect(await sdk.readDelta(ALICE, { cursor })).toMatchObject({
      state: "unavailable",
      error: { identity: ALICE, cause: { code: "EIO" } },
    });
    expect(typesOf(await sdk.readDelta(ALICE, { cursor }))).toEqual(["b"]);
  }
});

test("an aborted reading rejects", async () => {
  await using host = memoryHost();
  const sdk = createTranscriptSdk(host);
  await sdk.append(ALICE, message("user", "a"));
  const letGo = host.hold("read", { identity: ALICE });
  const controller = new AbortController();
  const reading = sdk.readDelta(ALICE, { signal: controller.signal });
  await new Promise((resolve) => setTimeout(resolve, 5));
  controller.abort();
  letGo();
  await expect(reading).rejects.toMatchObject({ code: "LEAFLOG_ABORTED" });
});
