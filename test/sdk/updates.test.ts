import { describe, expect, test, vi } from "vitest";
import { openTranscript } from "../../src/index.js";
import { createTranscriptSdk, type SdkUpdate } from "../../src/sdk/index.js";
import { memoryHost } from "../../src/sdk/testing/index.js";
import { leaks } from "../support/sdk/leaks.js";
import { ALICE, BOB, message, pluginWorld } from "../support/sdk/plugin-world.js";

const shown = (update: SdkUpdate): unknown =>
  update.kind === "entry" ? [update.identity, update.entry.type] : [update.identity, update.detail];

describe("onUpdate", () => {
  test("tells of new entries of whoever appends them, of what the plugin may read alone", async () => {
    const { sdk, host, root, fileOf } = await pluginWorld({
      rights: ({ agentId }) => (agentId === "alice" ? ["read", "append"] : ["append"]),
    });
    const seen: SdkUpdate[] = [];
    const stop = sdk.onUpdate((update) => seen.push(update));
    await sdk.append(ALICE, { type: "a" });
    await sdk.append(BOB, { type: "secret" });
    {
      await using transcript = await openTranscript(fileOf(ALICE));
      await transcript.append({ type: "gateway" });
    }
    await sdk.appendBatch(ALICE, [{ type: "b" }, { type: "c" }]);
    const types = ["a", "gateway", "b", "c"];
    await expect.poll(() => seen.map(shown)).toEqual(types.map((type) => [ALICE, type]));
    expect(leaks(seen, [root, "secret"])).toEqual([]);
    stop();
    await sdk.append(ALICE, { type: "d" });
    await host.close();
    expect(seen).toHaveLength(4);
  });

  test("tells of foreign places nothing", async () => {
    const { sdk, host, outside } = await pluginWorld();
    const seen: unknown[] = [];
    sdk.onUpdate((update) => seen.push(update));
    {
      await using transcript = await openTranscript(`${outside}/alice/s1.jsonl`);
      await transcript.append({ type: "secret" });
    }
    await sdk.append(ALICE, { type: "a" });
    await expect.poll(() => seen.length).toBe(1);
    await host.close();
  });

  test("tells only what was appended anew, with the number of the message, redacted", async () => {
    await using host = memoryHost();
    const sdk = createTranscriptSdk(host);
    await host.seed(ALICE, [message("user", "first")]);
    const seen: SdkUpdate[] = [];
    sdk.onUpdate((update) => seen.push(update));
    const mirrored = {
      scope: "s",
      fingerprintSecret: "a secret of the test",
      messages: [
        { role: "user", content: "one 4711" },
        { role: "assistant", content: "two" },
      ],
      redact: (one: { role: string; content?: unknown }) => ({
        ...one,
        content: String(one.content).replace("4711", "…"),
      }),
    };
    expect(await sdk.mirror(ALICE, mirrored)).toMatchObject({ appended: 2 });
    expect(await sdk.mirror(ALICE, mirrored)).toMatchObject({ appended: 0 });
    await expect.poll(() => seen.length).toBe(2);
    expect(seen).toMatchObject([
      { kind: "entry", messageSeq: 2, entry: { message: { content: "one …" } } },
      { kind: "entry", messageSeq: 3, entry: { message: { content: "two" } } },
    ]);
  });

  test("a listener cannot change what others see, nor disturb them", async () => {
    const warn = vi.spyOn(process, "emitWarning").mockReturnValue();
    await using host = memoryHost();
    const [bad, good] = [createTranscriptSdk(host), createTranscriptSdk(host)];
    bad.onUpdate((update) => {
      if (update.kind === "entry") (update.entry as { type: string }).type = "changed";
      throw new Error("listener broke");
    });
    bad.onUpdate((async () => {
      throw new Error("async listener broke");
    }) as () => void);
    const seen: unknown[] = [];
    good.onUpdate((update) => {
      expect(() => Object.assign(update, { identity: BOB })).toThrow(TypeError);
      seen.push(shown(update));
    });
    await good.append(ALICE, { type: "a" });
    await expect.poll(() => seen).toEqual([[ALICE, "a"]]);
    await expect.poll(() => warn.mock.calls.length).toBe(2);
    warn.mockRestore();
  });

  test("what a plugin publishes comes behind the entries, to all who may read, or never", async () => {
    await using host = memoryHost();
    const [sdk, other] = [createTranscriptSdk(host), createTranscriptSdk(host)];
    const seen: unknown[] = [];
    const heard: unknown[] = [];
    sdk.onUpdate((update) => seen.push(shown(update)));
    other.onUpdate((update) => heard.push(shown(update)));
    const detail = { state: "begun" };
    await sdk.withWriteLock(ALICE, (tx) => {
      tx.publishUpdate(detail);
      detail.state = "changed later";
      tx.append({ type: "a" });
      tx.append({ type: "b" });
      tx.publishUpdate();
      expect(seen).toEqual([]);
    });
    const told = [
      [ALICE, "a"],
      [ALICE, "b"],
      [ALICE, { state: "begun" }],
      [ALICE, null],
    ];
    await expect.poll(() => seen).toEqual(told);
    await expect.poll(() => heard).toEqual(told);
    host.fail("write", "ENOSPC", { identity: ALICE });
    const failing = sdk.withWriteLock(ALICE, (tx) => {
      tx.append({ type: "c" });
      tx.publishUpdate("never");
    });
    await expect(failing).rejects.toMatchObject({ code: "LEAFLOG_WRITE_FAILED" });
    await sdk.withWriteLock(ALICE, (tx) => tx.publishUpdate("nothing appended"));
    await expect.poll(() => seen.slice(4)).toEqual([[ALICE, "nothing appended"]]);
  });

  test("a host that cannot tell is reported, and the next update is told", async () => {
    const warn = vi.spyOn(process, "emitWarning").mockReturnValue();
    await using host = memoryHost();
    const own = createTranscriptSdk({
      resolve: (identity) => host.resolve(identity),
      identify: (() => {
        let asked = 0;
        return (file: string) => {
          asked += 1;
          if (asked === 1) throw new Error("database gone");
          return host.identify(file);
        };
      })(),
    });
    const seen: unknown[] = [];
    own.onUpdate((update) => seen.push(shown(update)));
    await host.seed(ALICE, [{ type: "a" }]);
    await expect.poll(() => warn.mock.calls.length).toBe(1);
    await host.seed(ALICE, [{ type: "b" }]);
    await expect.poll(() => seen).toEqual([[ALICE, "b"]]);
    await own.close();
    warn.mockRestore();
  });

  test("a host that cannot identify files: what was used through the SDK is told", async () => {
    await using host = memoryHost();
    await using sdk = createTranscriptSdk({ resolve: (identity) => host.resolve(identity) });
    const seen: unknown[] = [];
    sdk.onUpdate((update) => seen.push(shown(update)));
    await host.seed(ALICE, [{ type: "unknown as yet" }]);
    await sdk.readDelta(ALICE);
    await host.seed(ALICE, [{ type: "a" }]);
    await expect.poll(() => seen).toEqual([[ALICE, "a"]]);
  });
});
