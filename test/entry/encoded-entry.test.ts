import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EncodedEntry } from "../../src/entry/encoded-entry.js";
import { openTranscript } from "../../src/index.js";
import { tempDirectory } from "../support/temp-directory.js";

const MiB = 1024 * 1024;
const cycle: Record<string, unknown> = { type: "a" };
cycle.self = cycle;

const UNSERIALIZABLE: [string, unknown][] = [
  ["undefined", undefined],
  ["null", null],
  ["a function", () => 1],
  ["a symbol", Symbol("s")],
  ["a BigInt", 1n],
  ["a string", "text"],
  ["an array", [{ type: "a" }]],
  ["a BigInt inside", { type: "a", deep: [{ n: 1n }] }],
  ["a cycle", cycle],
  ["a function as member", { type: "a", f: () => 1 }],
  ["a symbol as member", { type: "a", s: Symbol("s") }],
  [
    "a throwing toJSON",
    {
      type: "a",
      toJSON: () => {
        throw new Error("no");
      },
    },
  ],
  ["an undefined toJSON", { type: "a", toJSON: () => undefined }],
  [
    "a throwing toJSON inside",
    {
      type: "a",
      m: {
        deep: {
          toJSON: () => {
            throw new Error("no");
          },
        },
      },
    },
  ],
  [
    "a member that throws when it is read",
    {
      get type(): string {
        throw new Error("no");
      },
    },
  ],
  [
    "a revoked proxy",
    (() => {
      const { proxy, revoke } = Proxy.revocable({ type: "a" }, {});
      revoke();
      return proxy;
    })(),
  ],
  ["a member whose toJSON is undefined", { type: "a", message: { toJSON: () => undefined } }],
];

const FORBIDDEN: [string, unknown][] = [
  ["no type", { text: "a" }],
  ["a blank type", { type: " " }],
  ["the header's type", { type: "session", id: "a" }],
  ["a blank id", { type: "a", id: " " }],
  ["a numeric id", { type: "a", id: 5 }],
  ["a numeric timestamp", { type: "a", timestamp: 5 }],
  ["a parentId", { type: "a", parentId: "x" }],
  ["a null parentId", { type: "a", parentId: null }],
  ["a batch", { type: "a", batch: { index: 0, size: 2 } }],
];

describe("bad input rejects before any byte, header or lock", () => {
  test.each(UNSERIALIZABLE)("%s", async (_, value) => {
    const directory = await tempDirectory();
    await using transcript = await openTranscript(join(directory, "new", "a.jsonl"));
    await expect(transcript.append(value as { type: string })).rejects.toMatchObject({
      name: "LeaflogError",
      code: "LEAFLOG_NOT_SERIALIZABLE",
      file: transcript.file,
    });
    expect(await readdir(directory)).toEqual([]);
  });

  test.each(FORBIDDEN)("%s", async (_, value) => {
    const directory = await tempDirectory();
    await using transcript = await openTranscript(join(directory, "a.jsonl"));
    const entries = [{ type: "fine" }, value as { type: string }];
    await expect(transcript.appendBatch(entries)).rejects.toMatchObject({
      code: "LEAFLOG_INVALID_ARGUMENT",
      file: transcript.file,
    });
    expect(await readdir(directory)).toEqual([]);
  });

  test.each([[undefined], [null], [5], ["text"], [() => 1]])("the message %s", async (message) => {
    await using transcript = await openTranscript(join(await tempDirectory(), "a.jsonl"));
    await expect(transcript.appendMessage(message as object)).rejects.toMatchObject({
      code: "LEAFLOG_NOT_SERIALIZABLE",
    });
    await expect(stat(transcript.file)).rejects.toMatchObject({ code: "ENOENT" });
  });

  test("an entry above maxEntryBytes", async () => {
    const file = join(await tempDirectory(), "a.jsonl");
    await using transcript = await openTranscript(file, { maxEntryBytes: 1000 });
    await transcript.append({ type: "a", text: "x".repeat(500) });
    await expect(transcript.append({ type: "a", text: "ü".repeat(500) })).rejects.toMatchObject({
      code: "LEAFLOG_ENTRY_TOO_LARGE",
    });
  });
});

describe("the line", () => {
  test("holds any JSON object unchanged, on one line", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue()),
        fc.string(),
        fc.option(fc.uuid()),
        (members, text, parentId) => {
          const { parentId: _p, batch: _b, ...rest } = members;
          const input = { ...rest, type: `t${text}`, id: `i${text}`, timestamp: "now" };
          const line = new EncodedEntry(input, MiB).line(parentId);
          expect(line.indexOf("\n")).toBe(line.length - 1);
          expect(JSON.parse(line)).toEqual({ ...JSON.parse(JSON.stringify(input)), parentId });
        },
      ),
    );
  });

  test("is never longer than announced", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.uuid(), (text, parentId) => {
        const entry = new EncodedEntry({ type: "a", id: parentId, text }, MiB);
        const line = entry.line(parentId, { index: 99_999, size: 100_000 });
        expect(Buffer.byteLength(line)).toBeLessThanOrEqual(entry.bytes);
      }),
    );
  });

  test("escapes what would break a line or a terminal, and lone surrogates", () => {
    const text = "\u2028\u2029\n\r\0\u001b[31m\ud800";
    const line = new EncodedEntry({ type: "a", text }, MiB).line(null);
    expect(line.split("\n")).toHaveLength(2);
    expect(Buffer.from(line).toString()).toBe(line);
    expect(JSON.parse(line).text).toBe(text);
  });

  test("uses toJSON, and keeps a member named __proto__", () => {
    const dated = new EncodedEntry({ type: "a", at: new Date(0) }, MiB).line(null);
    expect(JSON.parse(dated).at).toBe("1970-01-01T00:00:00.000Z");
    const own = JSON.parse('{"type":"a","__proto__":{"x":1}}');
    expect(new EncodedEntry(own, MiB).line(null)).toContain('"__proto__":{"x":1}');
    const wrapped = { toJSON: () => ({ type: "from-to-json" }) };
    expect(JSON.parse(new EncodedEntry(wrapped, MiB).line(undefined))).not.toHaveProperty(
      "parentId",
    );
  });
});
