import { appendFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import type { EntryInput } from "../../src/index.js";
import { openTranscript } from "../../src/index.js";
import { createTranscriptSdk } from "../../src/sdk/index.js";
import { memoryHost } from "../../src/sdk/testing/index.js";
import { linkedLine, readChain } from "../support/lines.js";
import { tempDirectory } from "../support/temp-directory.js";

/** Enough to take many slices on any machine. */
const MANY = 40_000;

function many(count = MANY): EntryInput[] {
  const text = "x".repeat(300);
  return Array.from({ length: count }, (_, n) => ({ type: "m", text, n }));
}

/** How often the event loop had a turn while `work` ran. */
async function turnsDuring(work: () => Promise<unknown>): Promise<number> {
  let turns = 0;
  let isOver = false;
  const count = (): void => {
    turns += 1;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  await work().finally(() => {
    isOver = true;
  });
  return turns;
}

async function opened(name = "a.jsonl") {
  const file = join(await tempDirectory(), name);
  const transcript = await openTranscript(file, { lock: { idleMs: 1000 } });
  await transcript.append({ type: "first" });
  return transcript;
}

test("a large batch leaves the event loop its turns, from JSON to bytes", async () => {
  await using transcript = await opened();
  const turns = await turnsDuring(() => transcript.appendBatch(many()));
  expect(turns).toBeGreaterThan(12);
  expect(await readChain(transcript.file)).toHaveLength(MANY + 1);
});

test("what a transaction staged is laid out in slices", async () => {
  await using transcript = await opened();
  let turns = 0;
  await transcript.transaction(async (tx) => {
    for (const entry of many()) tx.append(entry);
    const count = (): void => {
      turns += 1;
      if (turns > 0) setImmediate(count);
    };
    setImmediate(count);
  });
  const before = turns;
  turns = Number.NEGATIVE_INFINITY;
  expect(before).toBeGreaterThan(6);
  expect(await readChain(transcript.file)).toHaveLength(MANY + 1);
});

test("nothing that is called after a large batch comes before it", async () => {
  const transcript = await opened();
  const { file } = transcript;
  const done: string[] = [];
  const noted = (name: string) => () => done.push(name);
  await Promise.all([
    transcript.append({ type: "before" }).then(noted("before")),
    transcript.appendBatch(many()).then(noted("batch")),
    transcript.append({ type: "after" }).then(noted("after")),
    transcript
      .transaction(async (tx) => {
        tx.append({ type: "staged" });
      })
      .then(noted("transaction")),
    transcript.flush().then(noted("flush")),
    transcript.close().then(noted("close")),
  ]);
  expect(done.slice(0, 2)).toEqual(["before", "batch"]);
  const types = (await readChain(file)).map(({ type }) => type);
  expect(types.slice(0, 2)).toEqual(["first", "before"]);
  expect(types.slice(2, MANY + 2).every((type) => type === "m")).toBe(true);
  // A transaction need not wait for all that is in the queue.
  expect(types.slice(MANY + 2).sort()).toEqual(["after", "staged"]);
});

test("the list may change as soon as the call has returned", async () => {
  await using transcript = await opened();
  const entries = many();
  const done = transcript.appendBatch(entries);
  entries.length = 10;
  entries[0] = { type: "other" };
  const results = await done;
  expect(results).toHaveLength(MANY);
  const chain = await readChain(transcript.file);
  expect(chain.at(-1)).toMatchObject({ type: "m", n: MANY - 1, id: results.at(-1)?.id });
});

const BAD: [string, EntryInput, string][] = [
  ["no type", {} as EntryInput, "LEAFLOG_INVALID_ARGUMENT"],
  ["NaN", { type: "m", value: Number.NaN }, "LEAFLOG_NOT_SERIALIZABLE"],
  ["the id of another", { type: "m", id: "twice" }, "LEAFLOG_INVALID_ARGUMENT"],
];

test.each(BAD)("a late entry with %s refuses all of it, and nothing else", async (_, bad, code) => {
  await using transcript = await opened();
  const { file } = transcript;
  const [first, ...rest] = many();
  const batch = transcript.appendBatch([{ ...first, id: "twice" } as EntryInput, ...rest, bad]);
  const next = transcript.append({ type: "next" });
  await expect(batch).rejects.toMatchObject({ code, file });
  await next;
  expect((await readChain(file)).map(({ type }) => type)).toEqual(["first", "next"]);
});

test("signal and deadline end a batch while it is turned into JSON, and those behind it", async () => {
  await using transcript = await opened();
  const controller = new AbortController();
  const aborted = transcript.appendBatch(many(), { signal: controller.signal });
  const late = transcript.append({ type: "late" }, { timeoutMs: 1 });
  const isLate = expect(late).rejects.toMatchObject({ code: "LEAFLOG_TIMEOUT" });
  const next = transcript.append({ type: "next" });
  setImmediate(() => {
    // The deadline of the one behind has passed by then.
    setTimeout(() => controller.abort(), 5);
  });
  await expect(aborted).rejects.toMatchObject({ code: "LEAFLOG_ABORTED" });
  await isLate;
  await next;
  const hasty = transcript.appendBatch(many(), { timeoutMs: 1 });
  await expect(hasty).rejects.toMatchObject({ code: "LEAFLOG_TIMEOUT" });
  const types = (await readChain(transcript.file)).map(({ type }) => type);
  expect(types).toEqual(["first", "next"]);
});

/** Lets another program append when a group is being laid out: with the lock held, all in JSON. */
function whenLaidOut(file: string, times: number): { readonly ids: string[] } {
  const ids: string[] = [];
  const intrude = (): void => {
    if (ids.length === times) return;
    const id = `foreign-${ids.length}`;
    appendFileSync(file, linkedLine(id, ids.at(-1) ?? "root"));
    ids.push(id);
    setImmediate(intrude);
  };
  setImmediate(intrude);
  return { ids };
}

test.each([1, 5])("a batch is laid out anew when another program appends: %i times", async (n) => {
  await using transcript = await opened();
  const { file } = transcript;
  const entries = many();
  let intruded: { readonly ids: string[] } | undefined;
  // The last entry is asked for its members when all others are done.
  const last = {
    type: "m",
    get late() {
      intruded ??= whenLaidOut(file, n);
      return true;
    },
  };
  const results = await transcript.appendBatch([...entries, last]);
  expect(intruded?.ids).toHaveLength(n);
  const bytes = await readFile(file);
  for (const { offset, length, id, parentId } of [results[0], results.at(-1)] as typeof results) {
    const line = JSON.parse(bytes.subarray(offset, offset + length).toString()) as object;
    expect(line).toMatchObject({ id, parentId });
  }
  expect(results[0]?.parentId).toBe(intruded?.ids.at(-1));
});

test("a transaction is refused when another program appends while it is laid out", async () => {
  await using transcript = await opened();
  const { file } = transcript;
  const running = transcript.transaction(async (tx) => {
    for (const entry of many()) tx.append(entry);
    whenLaidOut(file, 1);
  });
  await expect(running).rejects.toMatchObject({ code: "LEAFLOG_LEAF_CONFLICT" });
  expect(await transcript.append({ type: "next" })).toMatchObject({ parentId: "foreign-0" });
});

test("a batch for a file whose format is seen late is adapted in slices", async () => {
  const file = join(await tempDirectory(), "a.jsonl");
  const said = { role: "user", content: "x" };
  const line = { type: "user", uuid: "a", parentUuid: null, sessionId: "s", message: said };
  await writeFile(file, `${JSON.stringify(line)}\n`);
  await using transcript = await openTranscript(file);
  // Who gets other names is parsed for it: so many of them in one turn of the event loop.
  const parse = vi.spyOn(JSON, "parse");
  let most = 0;
  let isOver = false;
  const count = (): void => {
    most = Math.max(most, parse.mock.calls.length);
    parse.mockClear();
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  const results = await transcript.appendBatch(many(20_000));
  isOver = true;
  parse.mockRestore();
  expect(most).toBeGreaterThan(0);
  expect(most).toBeLessThan(10_000);
  expect(results[0]?.parentId).toBe("a");
  const second = (await readFile(file, "utf8")).split("\n")[1] as string;
  expect(JSON.parse(second)).toHaveProperty("uuid");
});

test("large batches with keys are appended once", async () => {
  await using transcript = await opened();
  const options = { idempotencyKey: "k" };
  const entries = many(5000);
  const [one, other] = await Promise.all([
    transcript.appendBatch(entries, options),
    transcript.appendBatch(entries, options),
  ]);
  expect(one.every(({ appended }) => appended)).toBe(true);
  expect(other.some(({ appended }) => appended)).toBe(false);
  expect(await readChain(transcript.file)).toHaveLength(5001);
});

test("a plugin's large batch leaves the event loop its turns, and its calls their order", async () => {
  await using host = memoryHost();
  const sdk = createTranscriptSdk(host);
  const identity = { agentId: "a", sessionId: "s" };
  const batch = () => sdk.appendBatch(identity, many());
  const after: Promise<unknown>[] = [];
  const turns = await turnsDuring(() => {
    const done = batch();
    after.push(sdk.append(identity, { type: "after" }));
    return done;
  });
  await Promise.all(after);
  expect(turns).toBeGreaterThan(12);
  expect(host.entries(identity).at(-1)?.type).toBe("after");
});
