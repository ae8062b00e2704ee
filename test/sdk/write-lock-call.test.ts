import { describe, expect, test } from "vitest";
import { createTranscriptSdk, type TranscriptTransaction } from "../../src/sdk/index.js";
import { memoryHost } from "../../src/sdk/testing/index.js";
import { deferred } from "../support/deferred.js";
import { ALICE, BOB } from "../support/sdk/plugin-world.js";

const never = (): Promise<never> => new Promise(() => undefined);

describe("withWriteLock", () => {
  test("reads, then appends, with nobody in between", async () => {
    await using host = memoryHost();
    const sdk = createTranscriptSdk(host);
    const other = createTranscriptSdk(host);
    await sdk.append(ALICE, { type: "a" });
    const inside = deferred();
    const call = sdk.withWriteLock(ALICE, async (tx) => {
      expect(tx.identity).toEqual(ALICE);
      inside.resolve();
      let entries = 0;
      for await (const _ of tx.read({ which: "all" })) entries += 1;
      const leaf = await tx.leaf();
      await new Promise((resolve) => setTimeout(resolve, 20));
      tx.append({ type: "b", entries, leaf: leaf.id });
      tx.append({ type: "c" });
      return entries;
    });
    await inside.promise;
    await other.append(ALICE, { type: "other" });
    expect(await call).toBe(1);
    const written = host.entries(ALICE);
    expect(written.map(({ type }) => type)).toEqual(["a", "b", "c", "other"]);
    expect(written[1]).toMatchObject({ entries: 1, leaf: written[0]?.id });
  });

  test("a callback may be synchronous; one that throws writes nothing, and its error is its own", async () => {
    await using host = memoryHost();
    const sdk = createTranscriptSdk(host);
    expect(await sdk.withWriteLock(ALICE, () => 5)).toBe(5);
    const own = Object.assign(new Error("mine, of /a/path"), { code: "MINE" });
    for (const failing of [
      () => {
        throw own;
      },
      () => Promise.reject(own),
    ]) {
      const call = sdk.withWriteLock(ALICE, (tx) => {
        tx.append({ type: "a" });
        tx.publishUpdate("never");
        return failing();
      });
      expect(await call.catch((error: unknown) => error)).toBe(own);
    }
    expect(host.text(ALICE)).toBeUndefined();
  });

  test("what it calls on the transcript itself is refused rather than waited for", async () => {
    await using host = memoryHost();
    const sdk = createTranscriptSdk(host);
    const codes = await sdk.withWriteLock(ALICE, async () => {
      await sdk.append(BOB, { type: "elsewhere" });
      const calls = [
        () => sdk.append(ALICE, { type: "a" }),
        () => sdk.mirror(ALICE, { scope: "s", messages: [{ role: "user" }] }),
        () => sdk.withWriteLock(ALICE, () => 1),
      ];
      return Promise.all(calls.map((call) => call().catch(({ code }) => code)));
    });
    expect(codes).toEqual(codes.map(() => "LEAFLOG_IN_TRANSACTION"));
    expect(host.text(ALICE)).toBeUndefined();
  });

  test("calls of others that come while it runs are not taken for its own", async () => {
    await using host = memoryHost();
    const sdk = createTranscriptSdk(host);
    const inside = deferred();
    const go = deferred();
    const call = sdk.withWriteLock(ALICE, async (tx) => {
      // Begins a lookup that the outer call below shares.
      const own = sdk.append(ALICE, { type: "own" }).catch(({ code }) => code);
      inside.resolve();
      await go.promise;
      tx.append({ type: "staged" });
      return own;
    });
    await inside.promise;
    const outer = sdk.append(ALICE, { type: "outer" });
    await new Promise((resolve) => setTimeout(resolve, 10));
    go.resolve();
    expect(await call).toBe("LEAFLOG_IN_TRANSACTION");
    await outer;
    expect(host.entries(ALICE).map(({ type }) => type)).toEqual(["staged", "outer"]);
  });

  test("appends once under a key; who may not read is not told what stands there", async () => {
    await using host = memoryHost();
    const sdk = createTranscriptSdk(host);
    const once = (n: number) =>
      sdk.withWriteLock(
        ALICE,
        (tx) =>
          tx.appendOnce({ type: "a", n }, { idempotencyKey: "k", onIdempotencyConflict: "stored" }),
        { keyed: true },
      );
    const first = await once(1);
    expect(first).toEqual({ id: expect.any(String), appended: true });
    expect(await once(2)).toMatchObject({ id: first.id, appended: false, entry: { n: 1 } });
    host.grant(["append"]);
    expect(await once(3)).toEqual({ id: first.id, appended: false });
    const conflict = sdk.withWriteLock(ALICE, async (tx) => {
      tx.append({ type: "b" });
      await tx.appendOnce({ type: "a", n: 4 }, { idempotencyKey: "k" });
    });
    await expect(conflict).rejects.toMatchObject({
      code: "LEAFLOG_IDEMPOTENCY_CONFLICT",
      storedId: first.id,
      identity: ALICE,
    });
    const wrong = sdk.withWriteLock(ALICE, (tx) => tx.appendOnce({ type: "a" }, {} as never));
    await expect(wrong).rejects.toMatchObject({ code: "LEAFLOG_INVALID_ARGUMENT" });
    expect(host.entries(ALICE)).toMatchObject([{ type: "a", n: 1 }]);
  });

  test("who keeps the lock too long loses it, and nothing is written", async () => {
    await using host = memoryHost({ maxHoldMs: 30 });
    const sdk = createTranscriptSdk(host);
    let kept: TranscriptTransaction | undefined;
    const call = sdk.withWriteLock(ALICE, (tx) => {
      kept = tx;
      tx.append({ type: "a" });
      return never();
    });
    await expect(call).rejects.toMatchObject({ code: "LEAFLOG_TIMEOUT", identity: ALICE });
    await sdk.append(ALICE, { type: "b" });
    expect(host.entries(ALICE).map(({ type }) => type)).toEqual(["b"]);
    for (const use of [
      () => kept?.append({ type: "late" }),
      () => kept?.publishUpdate("late"),
      () => kept?.read(),
    ]) {
      expect(use).toThrow(expect.objectContaining({ code: "LEAFLOG_CLOSED", identity: ALICE }));
    }
    const late = kept?.appendOnce({ type: "late" }, { idempotencyKey: "late" });
    await expect(late).rejects.toMatchObject({ code: "LEAFLOG_CLOSED" });
    await expect(kept?.leaf()).rejects.toMatchObject({ code: "LEAFLOG_CLOSED" });
  });

  test("a signal ends it while it waits and while it runs", async () => {
    await using host = memoryHost();
    const sdk = createTranscriptSdk(host);
    const aborted = { code: "LEAFLOG_ABORTED", cause: "enough" };
    const running = new AbortController();
    const first = sdk.withWriteLock(ALICE, never, { signal: running.signal });
    const waiting = new AbortController();
    const second = sdk.withWriteLock(ALICE, () => 1, { signal: waiting.signal });
    await new Promise((resolve) => setTimeout(resolve, 20));
    waiting.abort("enough");
    await expect(second).rejects.toMatchObject(aborted);
    running.abort("enough");
    await expect(first).rejects.toMatchObject(aborted);
    const late = sdk.withWriteLock(ALICE, () => 1, { signal: waiting.signal });
    await expect(late).rejects.toMatchObject(aborted);
    expect(await sdk.withWriteLock(ALICE, () => 1)).toBe(1);
  });
});
