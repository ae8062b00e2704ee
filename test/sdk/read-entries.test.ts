import { describe, expect, test } from "vitest";
import { createTranscriptSdk, type ReadEntriesOptions } from "../../src/sdk/index.js";
import { memoryHost } from "../../src/sdk/testing/index.js";
import { HEADER_LINE, linearLine, linkedLine } from "../support/lines.js";
import { ALICE } from "../support/sdk/plugin-world.js";

/** a - b - dead, then back to b: c, a compaction that keeps c, d. */
const FORKED =
  HEADER_LINE +
  linkedLine("a", null) +
  linkedLine("b", "a") +
  linkedLine("dead", "b") +
  linkedLine("c", "b") +
  linkedLine("z", "c", { type: "compaction", firstKeptEntryId: "c" }) +
  linkedLine("d", "z");

async function idsOf(text: string, options?: ReadEntriesOptions): Promise<unknown[]> {
  await using host = memoryHost({ rights: ["read"] });
  await host.write(ALICE, text);
  const ids: unknown[] = [];
  const sdk = createTranscriptSdk(host);
  for await (const { entry } of sdk.readEntries(ALICE, options)) ids.push(entry?.id);
  return ids;
}

describe("readEntries", () => {
  test.each<[ReadEntriesOptions["which"], string[]]>([
    [undefined, ["a", "b", "c", "z", "d"]],
    ["branch", ["a", "b", "c", "z", "d"]],
    ["compacted", ["c", "z", "d"]],
    ["all", ["a", "b", "dead", "c", "z", "d"]],
  ])("%s, in both orders", async (which, ids) => {
    const choice = which === undefined ? {} : { which };
    expect(await idsOf(FORKED, choice)).toEqual(ids);
    expect(await idsOf(FORKED, { ...choice, order: "newest-first" })).toEqual(ids.toReversed());
  });

  test("of what is not there, empty or linear", async () => {
    await using host = memoryHost();
    const sdk = createTranscriptSdk(host);
    expect(await sdk.readEntries(ALICE).next()).toEqual({ value: undefined, done: true });
    expect(await idsOf("")).toEqual([]);
    expect(await idsOf(HEADER_LINE + linearLine({ id: "x" }) + linearLine({ id: "y" }))).toEqual([
      "x",
      "y",
    ]);
  });

  test("ends by the caller, by its signal, and answers in order", async () => {
    await using host = memoryHost();
    await host.write(ALICE, FORKED);
    const sdk = createTranscriptSdk(host);
    for await (const { entry } of sdk.readEntries(ALICE)) {
      expect(entry?.id).toBe("a");
      break;
    }
    const controller = new AbortController();
    const reading = sdk.readEntries(ALICE, { signal: controller.signal });
    const [first, second] = await Promise.all([reading.next(), reading.next()]);
    expect([first.value?.entry?.id, second.value?.entry?.id]).toEqual(["a", "b"]);
    controller.abort("enough");
    const aborted = { code: "LEAFLOG_ABORTED", cause: "enough", identity: ALICE };
    await expect(reading.next()).rejects.toMatchObject(aborted);
    expect(await reading.next()).toMatchObject({ done: true });
    const late = sdk.readEntries(ALICE, { signal: controller.signal });
    await expect(late.next()).rejects.toMatchObject(aborted);
    const thrown = sdk.readEntries(ALICE);
    await thrown.next();
    await expect(thrown.throw(new Error("mine"))).rejects.toThrow("mine");
    expect(await thrown.next()).toMatchObject({ done: true });
  });

  test("rejects when it cannot be read, and the next one reads", async () => {
    await using host = memoryHost();
    await host.write(ALICE, FORKED);
    const sdk = createTranscriptSdk(host);
    host.fail("read", "EIO");
    await expect(sdk.readEntries(ALICE).next()).rejects.toMatchObject({
      code: "LEAFLOG_READ_FAILED",
      cause: { code: "EIO" },
    });
    expect((await sdk.readEntries(ALICE).next()).value).toMatchObject({ entry: { id: "a" } });
  });
});
