import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BatchRun } from "../../src/keys/batch-run.js";
import { KeyIndex } from "../../src/keys/key-index.js";
import { keyIndexOf, trimKeyIndexes } from "../../src/keys/key-indexes.js";
import { KeyTable } from "../../src/keys/key-table.js";
import { readTail } from "../../src/scan/end/tail.js";
import { failingFileSystem } from "../support/intercepted-file-system.js";
import { HEADER_LINE } from "../support/lines.js";
import { MemoryFile } from "../support/memory-file.js";

const always = () => true;

type Json = Record<string, unknown>;

const keyArb = fc.constantFrom("a", "b", "c", "é", "\u2028", 'q"');
const bodyArb = fc.record(
  {
    type: fc.constantFrom("message", "custom"),
    idempotencyKey: fc.oneof(keyArb, fc.constant(5)),
    message: fc.oneof(
      fc.record({ idempotencyKey: fc.oneof(keyArb, fc.constant(null)) }, { requiredKeys: [] }),
      fc.constant("text"),
      // Long enough to be searched in pieces, and by what only looks like a key.
      fc.record({
        text: fc.constant(`"idempotencyKey":${"x".repeat(140_000)}`),
        idempotencyKey: keyArb,
      }),
    ),
  },
  { requiredKeys: ["type"] },
);

/** One line or a few: entries, whole batches, interrupted ones, and what is no entry. */
const linesArb: fc.Arbitrary<string[]> = fc.oneof(
  { weight: 4, arbitrary: bodyArb.map((body) => [entry(body)]) },
  { weight: 1, arbitrary: bodyArb.map((body) => [JSON.stringify(body)]) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom("{broken", "", "5", '{"type":"session","id":"s"}')
      .map((line) => [line]),
  },
  {
    weight: 3,
    arbitrary: fc
      .record({ bodies: fc.array(bodyArb, { minLength: 2, maxLength: 4 }), cut: fc.nat(4) })
      .map(({ bodies, cut }) =>
        bodies
          .map((body, index) => entry({ ...body, batch: { index, size: bodies.length } }))
          .slice(0, cut === 0 ? bodies.length : cut),
      ),
  },
);

function entry(body: object): string {
  return JSON.stringify({ id: "x", parentId: null, ...body });
}

/** The place of each key that counts, and the messages, by the plainest of means. */
function expected(content: string): { places: Map<string, number>; messages: number } {
  const places = new Map<string, number>();
  let batch: { size: number; last: number; held: [string, number][] } | undefined;
  let messages = 0;
  let offset = 0;
  for (const line of content.split("\n")) {
    const parsed = parse(line);
    if (parsed && parsed.type !== "session") {
      if (parsed.type === "message") messages += 1;
      const key = keyIn(parsed);
      const mark = parsed.batch as { index: number; size: number } | undefined;
      if (!("parentId" in parsed)) {
        if (key !== undefined) places.set(key, offset);
      } else if (mark === undefined) {
        batch = undefined;
        if (key !== undefined) places.set(key, offset);
      } else {
        if (batch?.size !== mark.size || batch.last !== mark.index - 1) {
          batch = { size: mark.size, last: mark.index, held: [] };
        }
        batch.last = mark.index;
        if (key !== undefined) batch.held.push([key, offset]);
        if (mark.index === mark.size - 1) {
          for (const [held, at] of batch.held) places.set(held, at);
          batch = undefined;
        }
      }
    }
    offset += Buffer.byteLength(line) + 1;
  }
  return { places, messages };
}

function parse(line: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? (value as Json) : undefined;
  } catch {
    return undefined;
  }
}

function keyIn({ type, message, idempotencyKey }: Json): string | undefined {
  const inner = (message as Json | undefined)?.idempotencyKey;
  if (type === "message" && typeof inner === "string") return inner;
  return typeof idempotencyKey === "string" ? idempotencyKey : undefined;
}

describe("an index", () => {
  test("that follows a file as it grows knows what the whole file says", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(linesArb, { maxLength: 12 }),
        fc.array(fc.nat(1_000_000), { maxLength: 4 }),
        async (groups, cuts) => {
          const whole = Buffer.from(
            HEADER_LINE +
              groups
                .flat()
                .map((line) => `${line}\n`)
                .join(""),
          );
          const index = new KeyIndex();
          for (const size of [...cuts.map((cut) => cut % whole.length), whole.length].sort(
            (a, b) => a - b,
          )) {
            const file = new MemoryFile(whole.subarray(0, size));
            await index.extend(file, await readTail("/a", file), always);
            const { places, messages } = expected(whole.toString("utf8", 0, size));
            expect(index.messages).toBe(messages);
            for (const key of ["a", "b", "c", "é", "\u2028", 'q"']) {
              expect(index.find(key)?.offset).toBe(places.get(key));
            }
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  test("begins anew with a file that does not go on from what it knows", async () => {
    const index = new KeyIndex();
    const look = async (...bodies: object[]) => {
      const content = HEADER_LINE + bodies.map((body) => `${entry(body)}\n`).join("");
      const file = new MemoryFile(Buffer.from(content));
      await index.extend(file, await readTail("/a", file), always);
    };
    const a = { type: "custom", idempotencyKey: "a" };
    await look(a);
    const { generation } = index;
    await look(a, { ...a, idempotencyKey: "b" });
    expect(index.generation).toBe(generation);
    expect(index.find("b")).toBeDefined();
    await look({ type: "custom", padding: "x".repeat(500) }, { ...a, idempotencyKey: "c" });
    expect(index.generation).toBe(generation + 1);
    expect(index.find("a")).toBeUndefined();
    expect(index.find("c")).toBeDefined();
  });
});

test("a table finds what a map finds, in 64 bytes a key at most", () => {
  const table = new KeyTable();
  const map = new Map<string, { offset: number; length: number }>();
  for (let n = 0; n < 50_000; n += 1) {
    const key = `scope:turn-${n % 40_000}:prompt`;
    const place = { offset: n * 2 ** 20, length: n + 1 };
    table.set(key, place);
    map.set(key, place);
  }
  for (const [key, place] of map) expect(table.find(key)).toEqual(place);
  expect(table.find("another")).toBeUndefined();
  expect(table.bytes).toBeGreaterThan(40_000 * 32);
  expect(table.bytes).toBeLessThan(40_000 * 70);
});

test("a batch counts when its last entry comes, and a foreseen one changes nothing", () => {
  const run = new BatchRun<string>();
  expect(run.take({ index: 0, size: 3 }, "a")).toEqual([]);
  expect(run.take({ index: 1, size: 3 }, undefined)).toEqual([]);
  expect(run.foresee({ index: 2, size: 3 }, "c")).toEqual(["a", "c"]);
  expect(run.foresee(undefined, "d")).toEqual(["d"]);
  expect(run.take({ index: 2, size: 3 }, "c")).toEqual(["a", "c"]);
  expect(run.take({ index: 0, size: 2 }, "e")).toEqual([]);
  expect(run.take(undefined, "f")).toEqual(["f"]);
  expect(run.take({ index: 1, size: 2 }, "g")).toEqual(["g"]);
});

describe("the indexes of a process", () => {
  const newFileSystem = () => failingFileSystem("EIO", () => true);

  async function fill(index: KeyIndex, keys: number): Promise<void> {
    const lines = Array.from({ length: keys }, (_, n) => entry({ idempotencyKey: `k${n}` }));
    const file = new MemoryFile(Buffer.from(`${HEADER_LINE}${lines.join("\n")}\n`));
    await index.extend(file, await readTail("/a", file), always);
  }

  test("stay, however many files there are, as long as they are small", async () => {
    const fs = newFileSystem();
    const indexes: KeyIndex[] = [];
    for (let n = 0; n < 1000; n += 1) {
      const index = keyIndexOf(fs, `/${n}`);
      await fill(index, 20);
      trimKeyIndexes(fs, `/${n}`, index);
      indexes.push(index);
    }
    expect(indexes.map((_, n) => keyIndexOf(fs, `/${n}`))).toEqual(indexes);
  });

  test("take no more than 64 MiB; those that take turns beyond that stay in part", async () => {
    const fs = newFileSystem();
    // What one index of 300,000 keys takes, so that six of them are too many.
    const large = new KeyIndex();
    await fill(large, 300_000);
    expect(large.bytes).toBeGreaterThan(9_000_000);
    expect(large.bytes).toBeLessThan(300_000 * 64);
    let met = 0;
    const rounds = 40;
    const files = 6;
    for (let n = 0; n < rounds * files; n += 1) {
      const path = `/large-${n % files}`;
      const index = keyIndexOf(fs, path, new Sized(large.bytes));
      if (n >= files && (index as Sized).uses > 0) met += 1;
      (index as Sized).uses += 1;
      trimKeyIndexes(fs, path, index);
      expect(keyIndexOf(fs, path)).toBe(index);
    }
    // In turns, each would be let go of right before its turn.
    expect(met).toBeGreaterThan((rounds * files) / 4);
  });

  test("one that takes more than all may stays until its file is closed", () => {
    const fs = newFileSystem();
    const index = keyIndexOf(fs, "/huge", new Sized(100_000_000));
    trimKeyIndexes(fs, "/huge", index);
    expect(keyIndexOf(fs, "/huge")).toBe(index);
    trimKeyIndexes(fs, "/huge");
    expect(keyIndexOf(fs, "/huge")).not.toBe(index);
  });

  test("one that is let go of while its file is read is kept again by who reads it", () => {
    const fs = newFileSystem();
    const mine = keyIndexOf(fs, "/mine", new Sized(1000));
    trimKeyIndexes(fs, "/mine", mine);
    const huge = keyIndexOf(fs, "/huge", new Sized(100_000_000));
    trimKeyIndexes(fs, "/huge", huge);
    expect(keyIndexOf(fs, "/mine", mine)).toBe(mine);
    trimKeyIndexes(fs, "/huge");
  });
});

/** An index that says that it takes so much. */
class Sized extends KeyIndex {
  readonly #bytes: number;
  uses = 0;

  constructor(bytes: number) {
    super();
    this.#bytes = bytes;
  }

  override get bytes(): number {
    return this.#bytes;
  }
}

test("few keys and many are found alike, and take 64 bytes each at most", () => {
  const table = new KeyTable();
  for (let n = 0; n < 40_000; n += 1) {
    table.set(`k${n}`, { offset: n, length: n + 1 });
    if (n > 4096 && n % 64 === 0) expect(table.bytes).toBeLessThan(n * 64 + 2048);
  }
  for (let n = 0; n < 40_000; n += 1) expect(table.find(`k${n}`)?.offset).toBe(n);
  expect(table.find("none")).toBeUndefined();
});
