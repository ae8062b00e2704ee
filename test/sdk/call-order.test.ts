import { describe, expect, test } from "vitest";
import { createTranscriptSdk, type TranscriptHost } from "../../src/sdk/index.js";
import { memoryHost } from "../../src/sdk/testing/index.js";
import { countListeners } from "../support/counted-listeners.js";
import { ALICE, BOB } from "../support/sdk/plugin-world.js";

describe("calls", () => {
  test("take effect in their order, however long the host thinks about each", async () => {
    await using host = memoryHost();
    let lookups = 0;
    const slow: TranscriptHost = {
      resolve: async (identity) => {
        lookups += 1;
        await new Promise((resolve) => setTimeout(resolve, lookups === 1 ? 20 : 1));
        return host.resolve(identity);
      },
    };
    await using sdk = createTranscriptSdk(slow);
    const calls: Promise<unknown>[] = [];
    for (let n = 0; n < 200; n += 1) {
      calls.push(sdk.append(ALICE, { type: "a", n }));
      if (n % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 3));
    }
    await Promise.all(calls);
    expect(host.entries(ALICE).map(({ n }) => n)).toEqual([...Array(200).keys()]);
    // Those that come in one breath share a look.
    expect(lookups).toBeLessThan(20);
  });

  test("write what was given when they were made", async () => {
    await using host = memoryHost();
    const sdk = createTranscriptSdk(host);
    const entry = { type: "a", deep: { n: 1 } };
    const entries = [{ type: "b", n: 1 }];
    const calls = [sdk.append(ALICE, entry), sdk.appendBatch(ALICE, entries)];
    entry.deep.n = 2;
    entries.push({ type: "c", n: 2 });
    await Promise.all(calls);
    expect(host.entries(ALICE)).toMatchObject([
      { type: "a", deep: { n: 1 } },
      { type: "b", n: 1 },
    ]);
    expect(host.entries(ALICE)).toHaveLength(2);
  });

  test("write entries by the names of the transcript's own format", async () => {
    await using host = memoryHost({ transcript: { format: "claude-code" } });
    const sdk = createTranscriptSdk(host);
    const { id } = await sdk.append(ALICE, { type: "user", message: { role: "user" } });
    const [entry] = host.entries(ALICE);
    expect(entry).toMatchObject({ type: "user", uuid: id, parentUuid: null });
    expect(entry).not.toHaveProperty("id");
    const answer = { role: "assistant", content: [{ type: "text", text: "yes" }] };
    const said = await sdk.append(ALICE, { type: "assistant", message: answer });
    const latest = await sdk.latestAssistantText(ALICE);
    expect(latest).toMatchObject({ state: "found", text: "yes", id: said.id });
  });

  test("that are refused do not keep back those behind them, nor those on other transcripts", async () => {
    await using host = memoryHost();
    let asked = 0;
    const sdk = createTranscriptSdk({
      resolve: async (identity) => {
        asked += 1;
        if (asked === 1) throw new Error("for once");
        return host.resolve(identity);
      },
    });
    const first = sdk.append(ALICE, { type: "a" });
    await expect(first).rejects.toMatchObject({ code: "LEAFLOG_HOST_FAILED" });
    await Promise.all([sdk.append(ALICE, { type: "b" }), sdk.append(BOB, { type: "c" })]);
    await sdk.close();
    expect(host.entries(ALICE)).toMatchObject([{ type: "b" }]);
  });

  test("of many transcripts keep few of them open", async () => {
    await using host = memoryHost();
    const sdk = createTranscriptSdk(host);
    const identities = [...Array(200).keys()].map((n) => ({ agentId: "a", sessionId: `s${n}` }));
    for (let round = 0; round < 2; round += 1) {
      await Promise.all(identities.map((identity) => sdk.append(identity, { type: "a" })));
    }
    expect(await host.identities()).toHaveLength(200);
    for (const identity of identities) expect(host.entries(identity)).toHaveLength(2);
  });

  test("keep nothing of a signal that many of them share", async () => {
    await using host = memoryHost();
    const sdk = createTranscriptSdk(host);
    const { signal } = new AbortController();
    const listeners = countListeners(signal);
    await Promise.all([...Array(50)].map(() => sdk.append(ALICE, { type: "a" }, { signal })));
    await sdk.withWriteLock(ALICE, () => 1, { signal });
    for await (const _ of sdk.readEntries(ALICE, { signal }))
      expect(listeners()).toBeGreaterThan(0);
    expect(listeners()).toBe(0);
  });
});
