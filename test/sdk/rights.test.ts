import { describe, expect, test } from "vitest";
import { LeaflogError } from "../../src/index.js";
import {
  createTranscriptSdk,
  directoryHost,
  refusal,
  type TranscriptGrant,
  type TranscriptHost,
  type TranscriptSdk,
} from "../../src/sdk/index.js";
import { memoryHost } from "../../src/sdk/testing/index.js";
import { interceptedFileSystem } from "../support/intercepted-file-system.js";
import { leaks } from "../support/sdk/leaks.js";
import { ALICE, BOB, pluginWorld } from "../support/sdk/plugin-world.js";
import { tempDirectory } from "../support/temp-directory.js";

const READING: [string, (sdk: TranscriptSdk) => unknown][] = [
  ["readEntries", (sdk) => sdk.readEntries(ALICE).next()],
  ["readDelta", (sdk) => sdk.readDelta(ALICE)],
  ["latestAssistantText", (sdk) => sdk.latestAssistantText(ALICE)],
  ["tx.read", (sdk) => sdk.withWriteLock(ALICE, (tx) => tx.read().next())],
  ["tx.leaf", (sdk) => sdk.withWriteLock(ALICE, (tx) => tx.leaf())],
];
const APPENDING: [string, (sdk: TranscriptSdk) => unknown][] = [
  ["append", (sdk) => sdk.append(ALICE, { type: "b" })],
  ["appendBatch", (sdk) => sdk.appendBatch(ALICE, [{ type: "b" }])],
  ["appendBatch of nothing", (sdk) => sdk.appendBatch(ALICE, [])],
  ["mirror", (sdk) => sdk.mirror(ALICE, { scope: "s", messages: [{ role: "user" }] })],
  ["withWriteLock", (sdk) => sdk.withWriteLock(ALICE, () => 1)],
];

const nowhere = (): undefined => undefined;

const NO_RIGHT = { code: "LEAFLOG_REFUSED", reason: "no-right", identity: ALICE };

describe("each right is for itself", () => {
  test.each(READING)("%s needs the right to read", async (_, call) => {
    const host = memoryHost({ rights: ["append"] });
    await host.seed(ALICE, [{ type: "a" }]);
    const sdk = createTranscriptSdk(host);
    await expect((async () => call(sdk))()).rejects.toMatchObject(NO_RIGHT);
    host.grant(["read", "append"]);
    await call(sdk);
    await host.close();
  });

  test.each(APPENDING)("%s needs the right to append", async (_, call) => {
    const host = memoryHost({ rights: ["read"] });
    await host.seed(ALICE, [{ type: "a" }]);
    const before = host.text(ALICE);
    const sdk = createTranscriptSdk(host);
    await expect((async () => call(sdk))()).rejects.toMatchObject(NO_RIGHT);
    expect(host.text(ALICE)).toBe(before);
    host.grant(["append"]);
    await call(sdk);
    await host.close();
  });

  test("a right that is taken away is gone with the next call", async () => {
    const host = memoryHost();
    const sdk = createTranscriptSdk(host);
    await sdk.append(ALICE, { type: "a" });
    host.grant([], ALICE);
    await expect(sdk.append(ALICE, { type: "b" })).rejects.toMatchObject(NO_RIGHT);
    await sdk.append(BOB, { type: "c" });
    await host.close();
  });

  test("who may append alone is not told what stands under a key", async () => {
    const host = memoryHost();
    const sdk = createTranscriptSdk(host);
    const secret = { type: "message", message: { role: "user", content: "secret" } };
    await sdk.append(ALICE, secret, { idempotencyKey: "k" });
    const messages = [{ role: "user", content: "secret too" }];
    await sdk.mirror(ALICE, { scope: "s", identityOf: () => "1", messages });
    const probe = async () => [
      await sdk.append(
        ALICE,
        { type: "message", message: { role: "user" } },
        { idempotencyKey: "k", onIdempotencyConflict: "stored" },
      ),
      await sdk.mirror(ALICE, { scope: "s", identityOf: () => "1", messages: [{ role: "user" }] }),
    ];
    expect(leaks(await probe(), ["secret"])).toHaveLength(2);
    host.grant(["append"]);
    const blind = await probe();
    expect(blind).toMatchObject([{ appended: false }, { appended: 0 }]);
    expect(leaks(blind, ["secret"])).toEqual([]);
    await host.close();
  });

  test("rights may depend on the identity, and be looked up slowly", async () => {
    const { sdk, host } = await pluginWorld({
      rights: async ({ agentId }) => (agentId === "alice" ? ["append"] : []),
    });
    await sdk.append(ALICE, { type: "a" });
    const refused = { code: "LEAFLOG_REFUSED", reason: "no-right" };
    await expect(sdk.append(BOB, { type: "a" })).rejects.toMatchObject(refused);
    await host.close();
  });
});

describe("a host of one's own", () => {
  const grant = async (): Promise<TranscriptGrant> => ({
    file: `${await tempDirectory()}/any.jsonl`,
    rights: ["read", "append"],
  });

  test("says where a transcript is, by whatever members", async () => {
    const place = await grant();
    const host: TranscriptHost = {
      resolve: ({ user }) => {
        if (user === undefined) throw refusal("ambiguous-identity", "name the `user`");
        return user === "ann" ? place : undefined;
      },
    };
    await using sdk = createTranscriptSdk(host);
    await sdk.append({ ...ALICE, user: "ann" }, { type: "a" });
    const to = (identity: typeof ALICE) => sdk.append(identity, { type: "a" });
    await expect(to(ALICE)).rejects.toMatchObject({
      code: "LEAFLOG_REFUSED",
      reason: "ambiguous-identity",
      message: expect.stringContaining("name the `user`"),
    });
    await expect(to({ ...ALICE, user: "ben" })).rejects.toMatchObject({
      reason: "unknown-identity",
    });
  });

  const WRONG: [string, (place: TranscriptGrant) => unknown][] = [
    ["throws", ({ file }) => Promise.reject(new Error(`no database at ${file}`))],
    ["has no file", (place) => ({ ...place, file: undefined })],
    ["has a wrong file", (place) => ({ ...place, file: `${place.file}\0` })],
    ["has no rights", (place) => ({ ...place, rights: undefined })],
    ["has wrong rights", (place) => ({ ...place, rights: ["read", "write"] })],
    ["has a right that is not there", (place) => ({ ...place, rights: [undefined] })],
    ["has wrong options", (place) => ({ ...place, options: { cwd: 5 } })],
    ["has a wrong bound", (place) => ({ ...place, maxHoldMs: 0 })],
    ["is none", () => "a grant"],
  ];

  test.each(WRONG)("whose grant %s, is at fault itself", async (_, wrong) => {
    const place = await grant();
    await using sdk = createTranscriptSdk({ resolve: () => wrong(place) as TranscriptGrant });
    const error: unknown = await sdk.append(ALICE, { type: "a" }).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: "LEAFLOG_HOST_FAILED", identity: ALICE });
    expect(leaks(error, [place.file.slice(0, -10)])).toEqual([]);
    expect(await sdk.readDelta(ALICE)).toMatchObject({
      state: "unavailable",
      error: { code: "LEAFLOG_HOST_FAILED" },
    });
  });

  test("whose refusal has words of its own: only its reason is passed on", async () => {
    const place = await grant();
    const resolve = (): undefined => {
      const facts = { reason: "no-right", file: place.file } as const;
      throw new LeaflogError("LEAFLOG_REFUSED", `not ${place.file}`, facts);
    };
    await using sdk = createTranscriptSdk({ resolve });
    const error: unknown = await sdk.append(ALICE, { type: "a" }).catch((e: unknown) => e);
    expect(error).toMatchObject(NO_RIGHT);
    expect(leaks(error, [place.file])).toEqual([]);
  });

  test.each([
    ["nothing", undefined],
    ["an object without resolve", {}],
    ["a life that is none", { resolve: nowhere, life: { signal: undefined } }],
    ["an identify that is none", { resolve: nowhere, identify: 5 }],
  ])("is checked: %s", (_, host) => {
    expect(() => createTranscriptSdk(host as never)).toThrow(
      expect.objectContaining({ code: "LEAFLOG_INVALID_ARGUMENT" }),
    );
  });
});

describe("directoryHost", () => {
  test.each([
    [undefined],
    [{}],
    [{ root: "" }],
    [{ root: "a\0", rights: [] }],
    [{ root: "a", rights: "read" }],
    [{ root: "a", rights: [], locate: 5 }],
    [{ root: "a", rights: [], roots: [] }],
    [{ root: "a", rights: [], maxHoldMs: -1 }],
    [{ root: "a", rights: [], maxHoldMs: 0 }],
    [{ root: "a", rights: [], maxHoldMs: "" }],
    [{ root: "a", rights: [], maxHoldMs: Number.NaN }],
    [{ root: "a", rights: [], maxHoldMs: 2 ** 31 }],
    [{ root: "a", rights: [], transcript: { mode: 0o1000 } }],
  ])("checks its options: %j", (options) => {
    expect(() => directoryHost(options as never)).toThrow(
      expect.objectContaining({ code: "LEAFLOG_INVALID_ARGUMENT" }),
    );
  });

  test("knows no members but two, unless it is told where they lead", async () => {
    const { sdk, host } = await pluginWorld();
    const identity = { ...ALICE, user: "ann" };
    const refused = { code: "LEAFLOG_REFUSED", reason: "unknown-identity", identity };
    await expect(sdk.append(identity, { type: "a" })).rejects.toMatchObject(refused);
    await host.close();
    const world = await pluginWorld({
      locate: ({ agentId, sessionId, user }) => (user ? [agentId, user, sessionId] : undefined),
      identify: ([agentId = "", user = "", sessionId = ""]) => ({ agentId, user, sessionId }),
    });
    const seen: unknown[] = [];
    world.sdk.onUpdate(({ identity: whose }) => seen.push(whose));
    await world.sdk.append(identity, { type: "a" });
    await expect(world.sdk.append(ALICE, { type: "a" })).rejects.toMatchObject({
      reason: "unknown-identity",
    });
    const unsafe = { ...ALICE, user: ".." };
    await expect(world.sdk.append(unsafe, { type: "a" })).rejects.toMatchObject({
      reason: "unsafe-name",
    });
    expect(await world.names()).toContain("root/alice/ann/s1.jsonl");
    await expect.poll(() => seen).toEqual([identity]);
    await world.host.close();
  });

  test.each([
    [[]],
    [["a", 5]],
    [Array(9).fill("a")],
    ["a/b"],
  ])("does not follow a locate that returns %j", async (names) => {
    const { sdk, host } = await pluginWorld({ locate: () => names as string[] });
    const error = sdk.append(ALICE, { type: "a" });
    await expect(error).rejects.toMatchObject({ code: "LEAFLOG_HOST_FAILED" });
    await host.close();
  });

  test("refuses another spelling on a disk that does not tell cases apart", async () => {
    const { host, sdk, root } = await pluginWorld();
    await sdk.append(ALICE, { type: "a" });
    // As such a disk answers: what is asked for by another case is there, under its own.
    const lower = (path: string) => path.replace(`${root}/ALICE`, `${root}/alice`);
    const fileSystem = interceptedFileSystem(async ({ args }, run) =>
      run(args.map((arg) => (typeof arg === "string" ? lower(arg) : arg))),
    );
    const second = directoryHost({
      root,
      rights: ({ agentId }) => (agentId === "alice" ? [] : ["read", "append"]),
      transcript: { fileSystem },
    });
    const thief = createTranscriptSdk(second);
    const alias = { agentId: "ALICE", sessionId: "s1" };
    const refused = { code: "LEAFLOG_REFUSED", reason: "alias" };
    await expect(thief.append(alias, { type: "b" })).rejects.toMatchObject(refused);
    await expect(thief.readDelta(alias)).rejects.toMatchObject(refused);
    await Promise.all([host.close(), second.close()]);
  });

  test("takes names of any script, and those of chats", async () => {
    const { sdk, host } = await pluginWorld();
    for (const sessionId of [
      "größe",
      "会話",
      "-100123456",
      "a@b.c",
      "2026-01-01T00.00+01=x",
      "_",
    ]) {
      await sdk.append({ agentId: "Ägent", sessionId }, { type: "a" });
    }
    await host.close();
  });

  test("follows a symlink in the place of its root", async () => {
    const { root, outside } = await pluginWorld();
    const { symlink } = await import("node:fs/promises");
    await symlink(outside, `${root}-link`, "dir");
    const host = directoryHost({ root: `${root}-link`, rights: ["append"] });
    const sdk = createTranscriptSdk(host);
    const seen: unknown[] = [];
    host.life.signal.throwIfAborted();
    expect(await sdk.append(ALICE, { type: "a" })).toMatchObject({ appended: true });
    expect(seen).toEqual([]);
    expect(await host.identify?.(`${outside}/alice/s1.jsonl`)).toEqual(ALICE);
    expect(await host.identify?.(`${root}/alice/s1.jsonl`)).toBeUndefined();
    await host.close();
  });
});
