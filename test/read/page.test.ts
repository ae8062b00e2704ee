import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { EntryRecord } from "../../src/entry/entry.js";
import { openTranscript } from "../../src/index.js";
import { type Page, type PageOptions, readPage } from "../../src/read/page/read-page.js";
import { HEADER_LINE, linkedLine } from "../support/lines.js";
import { modelEntries } from "../support/read/entries-model.js";
import { MemorySource } from "../support/read/memory-source.js";
import { anyLine, anyTranscript } from "../support/read/random-transcript.js";
import { tempDirectory } from "../support/temp-directory.js";

const idsOf = ({ entries }: Page) => entries.map(({ entry }) => entry?.id);

/** A page, with as many bytes as its first entry takes. */
async function pageOf(source: MemorySource, options: PageOptions): Promise<Page> {
  const page = await readPage(source, options);
  const { requiredBytes, ...rest } = page;
  if (requiredBytes === undefined) return page;
  expect(rest).toMatchObject({ entries: [], hasMore: true });
  expect(requiredBytes).toBeGreaterThan(options.maxBytes!);
  const fitting = await readPage(source, {
    ...options,
    cursor: page.cursor,
    maxBytes: requiredBytes,
  });
  expect(fitting.entries.length).toBe(1);
  return fitting;
}

const limits = fc.array(
  fc.record({
    limit: fc.integer({ min: 1, max: 4 }),
    maxBytes: fc.integer({ min: 1, max: 400 }),
    appended: fc.option(fc.array(anyLine, { minLength: 1, maxLength: 3 }), { freq: 2 }),
  }),
  { minLength: 1, maxLength: 4 },
);
const anyPages = { content: anyTranscript, limits, maxRead: fc.integer({ min: 1, max: 500 }) };

/** Closes a torn tail off, as an append does, and appends. */
function append(source: MemorySource, lines: readonly string[]): void {
  const gap = source.content.length > 0 && source.content.at(-1) !== 0x0a ? "\n" : "";
  source.content = Buffer.concat([source.content, Buffer.from(`${gap}${lines.join("\n")}\n`)]);
}

describe("page", () => {
  it("forward gives every entry once, also those that are appended in between", async () => {
    await fc.assert(
      fc.asyncProperty(fc.record(anyPages), async ({ content, limits, maxRead }) => {
        const source = new MemorySource(content, maxRead);
        const read: EntryRecord[] = [];
        let cursor: string | undefined;
        for (let count = 0, more = true; more || count < limits.length; count += 1) {
          const { appended, ...limit } = limits[count % limits.length]!;
          const page = await pageOf(source, { ...limit, ...(cursor && { cursor }) });
          expect(page.reset).toBeUndefined();
          expect(page.entries.length).toBeLessThanOrEqual(limit.limit);
          expect(page.cursor).toBe(page.after);
          read.push(...page.entries);
          expect(read).toEqual(modelEntries(source.content).slice(0, read.length));
          more = page.hasMore;
          expect(more).toBe(modelEntries(source.content).length > read.length);
          cursor = page.cursor;
          if (appended && count < limits.length) append(source, appended);
        }
        const rest = await pageOf(source, { limit: 1000, cursor: cursor! });
        expect([...read, ...rest.entries]).toEqual(modelEntries(source.content));
        expect(source.isClosed).toBe(true);
      }),
      { numRuns: 600 },
    );
  });

  it("backward gives every entry once, and forward from there those that came since", async () => {
    await fc.assert(
      fc.asyncProperty(fc.record(anyPages), async ({ content, limits, maxRead }) => {
        const source = new MemorySource(content, maxRead);
        const all = modelEntries(content);
        const read: EntryRecord[] = [];
        let cursor: string | undefined;
        let after: string | undefined;
        for (let count = 0, more = true; more; count += 1) {
          const { appended, ...limit } = limits[count % limits.length]!;
          const direction = "backward";
          const page = await pageOf(source, { ...limit, direction, ...(cursor && { cursor }) });
          expect(page.reset).toBeUndefined();
          expect(page.cursor).toBe(page.before);
          read.unshift(...page.entries);
          expect(read).toEqual(all.slice(all.length - read.length));
          more = page.hasMore;
          expect(more).toBe(all.length > read.length);
          cursor = page.cursor;
          after ??= page.after;
          if (appended) append(source, appended);
        }
        expect(read).toEqual(all);
        const since = await readPage(source, { cursor: after!, limit: 1000 });
        expect([...all, ...since.entries]).toEqual(modelEntries(source.content));
      }),
      { numRuns: 600 },
    );
  });

  it("turns around at any of its cursors", async () => {
    const content =
      HEADER_LINE + ["a", "b", "c", "d", "e"].map((id) => linkedLine(id, null)).join("");
    const source = new MemorySource(content);
    const last = await readPage(source, { limit: 2, direction: "backward" });
    expect(idsOf(last)).toEqual(["d", "e"]);
    const { before, after } = last;
    const middle = await readPage(source, { cursor: before, limit: 2, direction: "backward" });
    expect(idsOf(middle)).toEqual(["b", "c"]);
    expect(idsOf(await readPage(source, { cursor: before }))).toEqual(["d", "e"]);
    const again = await readPage(source, { cursor: after, limit: 2, direction: "backward" });
    expect(idsOf(again)).toEqual(["d", "e"]);
    expect(idsOf(await readPage(source, { cursor: after }))).toEqual([]);
  });

  it("has 50 entries and 1 MiB by default, and says what a longer entry needs", async () => {
    const line = (at: number) => linkedLine(`e${at}`, null);
    const many = HEADER_LINE + Array.from({ length: 60 }, (_, at) => line(at)).join("");
    const first = await readPage(new MemorySource(many));
    expect(first).toMatchObject({ entries: { length: 50 }, hasMore: true });
    const long = linkedLine("long", null, { text: "x".repeat(1_100_000) });
    const source = new MemorySource(line(1) + long + line(2), undefined, 2_000_000);
    const page = await readPage(source);
    expect(page.requiredBytes).toBeUndefined();
    expect(page).toMatchObject({ entries: { length: 1 }, hasMore: true });
    const { cursor } = page;
    const none = await readPage(source, { cursor });
    expect(none).toMatchObject({ entries: [], requiredBytes: long.length - 1, hasMore: true });
    expect(none.cursor).toBe(cursor);
    const direction = "backward";
    const back = await readPage(source, { direction, limit: 1 });
    const backNone = await readPage(source, { direction, cursor: back.cursor });
    expect(backNone).toMatchObject({ entries: [], requiredBytes: long.length - 1 });
    expect(backNone.cursor).toBe(back.cursor);
  });

  it("gives an oversized entry without its body, which takes no room", async () => {
    const long = linkedLine("long", "a", { text: "x".repeat(5000) });
    const source = new MemorySource(linkedLine("a", null) + long + linkedLine("b", "a"), 999, 1000);
    const page = await readPage(source, { maxBytes: 120 });
    expect(page.entries.map(({ entry, oversized }) => entry?.id ?? oversized)).toEqual([
      "a",
      { type: "message", id: "long", parentId: "a" },
      "b",
    ]);
    expect(page.hasMore).toBe(false);
  });

  it("checks what it is asked for", async () => {
    const transcript = await openTranscript(`${await tempDirectory()}/t.jsonl`);
    const wrong = [{ limit: 0 }, { maxBytes: 0 }, { direction: "up" }, { cursor: 7 }];
    for (const options of wrong) {
      const reading = transcript.page(options as unknown as PageOptions);
      await expect(reading).rejects.toMatchObject({ code: "LEAFLOG_INVALID_ARGUMENT" });
    }
    expect(await transcript.page()).toMatchObject({ entries: [], hasMore: false });
  });
});
