import { describe, expect, test } from "vitest";
import { createTranscriptSdk, type LatestAssistantText } from "../../src/sdk/index.js";
import { memoryHost } from "../../src/sdk/testing/index.js";
import { HEADER_LINE, linkedLine } from "../support/lines.js";
import { ALICE, message } from "../support/sdk/plugin-world.js";

const text = (...texts: string[]) => texts.map((one) => ({ type: "text", text: one }));

async function latestOf(
  content: string,
  options?: { maxEntries?: number; maxBytes?: number },
): Promise<LatestAssistantText> {
  await using host = memoryHost({ rights: ["read"] });
  await host.write(ALICE, content);
  return await createTranscriptSdk(host).latestAssistantText(ALICE, options);
}

const said = (id: string, parentId: string | null, role: string, content: unknown): string =>
  linkedLine(id, parentId, { timestamp: "2026-01-01T00:00:00.000Z", message: { role, content } });

describe("latestAssistantText", () => {
  test("is the newest one that holds text, on the active branch", async () => {
    const content =
      HEADER_LINE +
      said("a", null, "assistant", "old") +
      said("b", "a", "assistant", text("new,", "and more")) +
      said("dead", "b", "assistant", "abandoned") +
      said("c", "b", "assistant", [{ type: "thinking", thinking: "…" }, { type: "toolCall" }]) +
      said("d", "c", "user", "question") +
      linkedLine("e", "d", { type: "custom", message: "none" });
    expect(await latestOf(content)).toEqual({
      state: "found",
      text: "new,\nand more",
      id: "b",
      timestamp: "2026-01-01T00:00:00.000Z",
      entriesRead: 4,
      bytesRead: expect.any(Number),
    });
  });

  test("is none when nothing was said, whatever strange things are there", async () => {
    const strange = [
      null,
      5,
      {},
      [],
      [null, 5, "text", { type: "text" }, { type: "text", text: 5 }],
    ];
    const lines = strange.map((content, n) =>
      said(`${n}`, n ? `${n - 1}` : null, "assistant", content),
    );
    expect(await latestOf(HEADER_LINE + lines.join(""))).toMatchObject({
      state: "none",
      entriesRead: strange.length,
    });
    expect(await latestOf("")).toMatchObject({ state: "none", entriesRead: 0 });
  });

  test("reads no more entries and no more bytes than it may, and says how much", async () => {
    let content = HEADER_LINE + said("0", null, "assistant", "far away");
    for (let n = 1; n <= 2000; n += 1) content += said(`${n}`, `${n - 1}`, "user", "x".repeat(100));
    expect(await latestOf(content, { maxEntries: 50 })).toMatchObject({
      state: "limit",
      entriesRead: 50,
    });
    expect(await latestOf(content, { maxEntries: 10_000, maxBytes: 100_000 })).toMatchObject({
      state: "limit",
      bytesRead: 100_000,
    });
    const all = await latestOf(content, { maxEntries: 10_000 });
    expect(all).toMatchObject({ state: "found", text: "far away", entriesRead: 2001 });
  });

  test("does not read a giant line for it, nor a file without entries to its start", async () => {
    const giant = said("b", "a", "user", "x".repeat(3_000_000));
    const content = HEADER_LINE + said("a", null, "assistant", "before") + giant;
    const limited = await latestOf(content, { maxBytes: 200_000 });
    expect(limited).toMatchObject({ state: "limit", bytesRead: 200_000 });
    expect(await latestOf(content, { maxBytes: 20_000_000 })).toMatchObject({ text: "before" });
    const nulls = await latestOf("\0".repeat(3_000_000), { maxBytes: 200_000 });
    expect(nulls).toMatchObject({ state: "limit", bytesRead: 200_000 });
  });

  test("missing, unavailable", async () => {
    await using host = memoryHost();
    const sdk = createTranscriptSdk(host);
    expect(await sdk.latestAssistantText(ALICE)).toEqual({ state: "missing" });
    await sdk.append(ALICE, message("assistant", "hello"));
    host.fail("read", "EIO", { identity: ALICE });
    expect(await sdk.latestAssistantText(ALICE)).toMatchObject({
      state: "unavailable",
      error: { code: "LEAFLOG_READ_FAILED" },
    });
    expect(await sdk.latestAssistantText(ALICE)).toMatchObject({ text: "hello" });
  });
});
