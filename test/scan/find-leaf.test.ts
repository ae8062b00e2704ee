import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type FindLeafOptions, type FoundLeaf, findLeaf } from "../../src/scan/end/find-leaf.js";
import { MemoryFile } from "../support/memory-file.js";
import { modelLeaf } from "../support/scan/leaf-model.js";

const HEADER = '{"type":"session","version":3,"id":"s"}';
type Batch = [index: number, size: number];

const entry = (id: string, parentId: string | null, batch?: Batch): string =>
  JSON.stringify({
    type: "message",
    id,
    parentId,
    ...(batch && { batch: { index: batch[0], size: batch[1] } }),
  });
const leafTo = (targetId: unknown, id = "control"): string =>
  JSON.stringify({ type: "leaf", id, parentId: "p", targetId });
const linear = (id?: string): string => JSON.stringify({ type: "message", id });

const find = (content: string | Buffer, options?: Partial<FindLeafOptions>): Promise<FoundLeaf> => {
  const bytes = Buffer.from(content);
  return findLeaf(new MemoryFile(bytes), { size: bytes.length, ...options });
};
const leafOf = async (...lines: string[]): Promise<string | null> => {
  const { leafId } = await find(`${[HEADER, ...lines].join("\n")}\n`);
  return leafId;
};

const id = fc.constantFrom("a", "b", "c", "d", "e");
const parentId = fc.option(id);
const batch = fc.constantFrom<Batch>([0, 2], [1, 2], [0, 3], [1, 3], [2, 3], [0, 3], [1, 3]);
const line = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(id, parentId).map((args) => entry(...args)) },
  { weight: 4, arbitrary: fc.tuple(id, parentId, batch).map((args) => entry(...args)) },
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.option(fc.oneof(id, fc.constant("s"))), id)
      .map(([target, own]) => leafTo(target, own)),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(id, id, batch)
      .map(([own, targetId, [index, size]]) =>
        JSON.stringify({ type: "leaf", id: own, parentId: null, targetId, batch: { index, size } }),
      ),
  },
  { weight: 2, arbitrary: fc.option(id).map((own) => linear(own ?? undefined)) },
  {
    weight: 2,
    arbitrary: fc.constantFrom("", " \r", "\u0000", "{", HEADER, "7", '{"id":"d","parentId":7}'),
  },
  { weight: 1, arbitrary: fc.constant(leafTo(undefined)) },
);
const file = fc.record({
  lines: fc.array(line, { maxLength: 14 }),
  ending: fc.constantFrom("\n", ""),
  chunkBytes: fc.integer({ min: 1, max: 200 }),
  maxChunkBytes: fc.integer({ min: 1, max: 400 }),
});

describe("findLeaf follows its rules", () => {
  it("in any file, whatever the chunks", async () => {
    await fc.assert(
      fc.asyncProperty(file, async ({ lines, ending, ...chunks }) => {
        const content = lines.join("\n") + ending;
        expect(await find(content, chunks)).toMatchObject(modelLeaf(Buffer.from(content)));
      }),
      { numRuns: 3000 },
    );
  });

  it("from any line before which the state is known", async () => {
    await fc.assert(
      fc.asyncProperty(file, fc.nat(), async ({ lines, ending, ...chunks }, cut) => {
        const content = Buffer.from(lines.join("\n") + ending);
        const starts = [0, ...[...content.keys()].filter((at) => content[at - 1] === 0x0a)];
        const offset = starts[cut % starts.length]!;
        const known = { offset, state: modelLeaf(content.subarray(0, offset)) };
        expect(await find(content, { known, ...chunks })).toMatchObject(modelLeaf(content));
      }),
      { numRuns: 2000 },
    );
  });
});

describe("the leaf", () => {
  it("is the last linked entry", async () => {
    expect(await leafOf(entry("a", null), entry("b", "a"))).toBe("b");
    expect(await leafOf(entry("a", null), "nope", "", "7", '{"id":"x","parentId":7}')).toBe("a");
  });

  it("is where a leaf control says", async () => {
    expect(await leafOf(entry("a", null), entry("b", "a"), leafTo("a"))).toBe("a");
    expect(await leafOf(entry("a", null), leafTo(null))).toBeNull();
    expect(await leafOf(linear("a"), entry("b", null), leafTo("a"))).toBe("a");
    expect(await leafOf('{"id":"u","parentId":7}', entry("b", null), leafTo("u"))).toBe("u");
    expect(await leafOf(entry("a", null), leafTo("a"), entry("c", "a"))).toBe("c");
  });

  it("is not moved by a control whose target is no earlier entry", async () => {
    expect(await leafOf(entry("a", null), leafTo("gone"))).toBe("a");
    expect(await leafOf(entry("a", null), leafTo("s"))).toBe("a");
    expect(await leafOf(entry("a", null), leafTo("me", "me"))).toBe("a");
    expect(await leafOf(entry("a", null), leafTo(7))).toBe("a");
    expect(await leafOf(entry("a", null), leafTo(undefined))).toBe("a");
    expect(await leafOf(leafTo("gone"))).toBeNull();
  });

  it("is that of the last control that names an earlier entry", async () => {
    const [a, b] = [entry("a", null), entry("b", "a")];
    expect(await leafOf(a, b, leafTo("a", "1"), leafTo("x"), leafTo("y"))).toBe("a");
    expect(await leafOf(a, b, leafTo(null, "1"), leafTo("x"))).toBeNull();
    expect(await leafOf(a, b, leafTo("b", "1"), leafTo("a", "2"), leafTo("x"))).toBe("a");
    expect(await leafOf(a, b, leafTo("x", "1"), leafTo("1", "2"))).toBe("1");
  });

  it("is the last entry of a whole batch", async () => {
    expect(await leafOf(entry("a", null), entry("b", "a", [0, 2]), entry("c", "b", [1, 2]))).toBe(
      "c",
    );
  });

  it("is the parent of a batch that was cut off", async () => {
    const [a, b, c] = [entry("a", null), entry("b", "a", [0, 3]), entry("c", "b", [1, 3])];
    expect(await leafOf(a, b)).toBe("a");
    expect(await leafOf(a, b, c)).toBe("a");
    expect(await leafOf(a, b, '{"cut', "", c, linear())).toBe("a");
    expect(await leafOf(entry("b", null, [0, 2]))).toBeNull();
    expect(await leafOf(a, b, c, entry("d", "a"))).toBe("d");
    expect(await leafOf(a, b, c, leafTo("c"))).toBe("c");
    expect(await leafOf(a, b, c, leafTo("gone"))).toBe("a");
  });

  it("is the entry before a batch of which the start is missing", async () => {
    expect(await leafOf(entry("a", null), entry("c", "b", [1, 3]))).toBe("a");
    expect(await leafOf(entry("a", null), leafTo(null), entry("c", "b", [1, 3]))).toBeNull();
    expect(await leafOf(entry("b", "a", [0, 2]), entry("c", "b", [1, 3]))).toBe("a");
    expect(await leafOf(entry("c", "b", [1, 3]))).toBeNull();
  });

  it("is found from a control that ends a batch", async () => {
    const control = (index: number): string =>
      `{"type":"leaf","id":"l","parentId":"b","targetId":"a","batch":{"index":${index},"size":2}}`;
    expect(await leafOf(entry("a", null), entry("b", "a", [0, 2]), control(1))).toBe("a");
    expect(await leafOf(entry("a", null), entry("z", "a"), control(0))).toBe("b");
  });
});

describe("the shape", () => {
  it("tells linear files from linked and empty ones", async () => {
    const states = async (...lines: string[]) => {
      const { shape, leafId, linearAfterLeaf } = await find(
        lines.map((text) => `${text}\n`).join(""),
      );
      return [shape, leafId, linearAfterLeaf];
    };
    expect(await states()).toEqual(["empty", null, false]);
    expect(await states(HEADER, "", "nope")).toEqual(["empty", null, false]);
    expect(await states(HEADER, linear("a"))).toEqual(["linear", null, true]);
    expect(await states(HEADER, linear("a"), entry("b", null))).toEqual(["linked", "b", false]);
    expect(await states(HEADER, entry("b", null), linear("a"))).toEqual(["linked", "b", true]);
    expect(await states(HEADER, leafTo(null))).toEqual(["linked", null, false]);
  });
});

describe("the end of the file", () => {
  const start = `${HEADER}\n${entry("a", null)}\n`;
  const last = { offset: HEADER.length + 1, length: entry("a", null).length };

  it("lies behind the last newline", async () => {
    expect(await find(start)).toStrictEqual({
      shape: "linked",
      leafId: "a",
      linearAfterLeaf: false,
      end: start.length,
      lastLine: last,
    });
    expect(await find("")).toStrictEqual({
      shape: "empty",
      leafId: null,
      linearAfterLeaf: false,
      end: 0,
    });
  });

  it.each([
    [entry("b", "a"), "entry", "b"],
    [leafTo(null), "entry", null],
    ["7", "entry", "a"],
    [linear(), "entry", "a"],
    [entry("b", "a").slice(0, -1), "malformed", "a"],
    [`${entry("b", "a")}${entry("c", "b")}`, "malformed", "c"],
    [`${entry("b", "a")}\u0000\u0000`, "malformed", "b"],
    ["\u0000".repeat(284), "malformed", "a"],
    [" \r", "malformed", "a"],
  ])("may be a torn tail %j, kept as %s", async (tail, kept, leafId) => {
    for (const chunkBytes of [3, 65_536]) {
      const found = await find(start + tail, { chunkBytes });
      expect(found).toMatchObject({ leafId, end: start.length });
      expect(found.tornTail).toStrictEqual({ offset: start.length, length: tail.length, kept });
    }
  });

  it("may be torn inside a character", async () => {
    const found = await find(
      Buffer.concat([Buffer.from(start), Buffer.from('{"é', "utf8").subarray(0, 3)]),
    );
    expect(found).toMatchObject({ leafId: "a", tornTail: { length: 3, kept: "malformed" } });
  });

  it("may come before any newline", async () => {
    expect(await find(entry("a", null))).toMatchObject({
      leafId: "a",
      end: 0,
      tornTail: { offset: 0, kept: "entry" },
    });
  });

  it("follows blank lines", async () => {
    const found = await find(`${start}\n\r\n`);
    expect(found).toMatchObject({ end: start.length + 3, lastLine: last });
    expect(found.tornTail).toBeUndefined();
  });
});

describe("a known state", () => {
  const state = { shape: "linked", leafId: "k", linearAfterLeaf: false } as const;

  it("spares what lies before it", async () => {
    const before = `${entry("a", null)}\n`.repeat(5000);
    const bytes = Buffer.from(`${before}${linear()}\nnope\n`);
    const memory = new MemoryFile(bytes);
    const known = { offset: before.length, state };
    const found = await findLeaf(memory, { size: bytes.length, known });
    expect(found).toMatchObject({ leafId: "k", linearAfterLeaf: true, end: bytes.length });
    expect(memory.bytesRead).toBe(bytes.length - before.length);
    const unchanged = await findLeaf(memory, { size: before.length, known });
    expect(unchanged).toStrictEqual({ ...state, end: before.length });
  });

  it("is void beyond the size", async () => {
    const content = `${entry("a", null)}\n`;
    const known = { offset: content.length + 1, state };
    expect(await find(content, { known })).toMatchObject({ leafId: "a" });
  });

  it("does not hide a target before it", async () => {
    const before = `${entry("a", null)}\n${entry("b", "a")}\n`;
    const known = { offset: before.length, state };
    expect(await find(`${before}${leafTo("a")}\n`, { known })).toMatchObject({ leafId: "a" });
  });
});

describe("the cost", () => {
  const ordinary = Array.from({ length: 20_000 }, (_, index) =>
    JSON.stringify({
      type: "message",
      id: `${index}`,
      parentId: `${index - 1}`,
      x: "x".repeat(90),
    }),
  );

  it("is one chunk of an ordinary file", async () => {
    const bytes = Buffer.from(`${ordinary.join("\n")}\n`);
    for (const length of [bytes.length, bytes.length - 1, bytes.length - 20]) {
      const memory = new MemoryFile(bytes.subarray(0, length));
      await findLeaf(memory, { size: length });
      expect([memory.reads, memory.bytesRead]).toStrictEqual([1, 65_536]);
    }
  });

  it("is two readings of a giant line", async () => {
    const giant = JSON.stringify({ id: "g", x: "x".repeat(8_000_000), parentId: "a" });
    for (const ending of ["\n", ""]) {
      const bytes = Buffer.from(`${entry("a", null)}\n${giant}${ending}`);
      const memory = new MemoryFile(bytes);
      expect((await findLeaf(memory, { size: bytes.length })).leafId).toBe("g");
      expect(memory.bytesRead).toBeLessThanOrEqual(2.1 * bytes.length + 1_048_576);
    }
  });

  it("is one reading of the file for any number of controls that name nothing", async () => {
    const controls = Array.from({ length: 5000 }, (_, index) =>
      leafTo(`gone-${index}`, `c${index}`),
    );
    const bytes = Buffer.from([...ordinary, ...controls].join("\n"));
    const memory = new MemoryFile(bytes);
    expect((await findLeaf(memory, { size: bytes.length })).leafId).toBe("19999");
    expect(memory.bytesRead).toBeLessThanOrEqual(bytes.length);
  });

  it("is another pass for every 4 MiB of targets, with the same outcome", async () => {
    const target = (index: number): string => `${index}`.padEnd(60_000, "-");
    const controls = Array.from({ length: 100 }, (_, index) => leafTo(target(index), `c${index}`));
    // 69 targets fit into one pass, so that the control that names 30 is the first of the next.
    for (const leafId of [target(30), target(3), "a"]) {
      const lines = [
        entry("a", null),
        entry(leafId, "a"),
        linear("l"),
        leafTo("a", "c"),
        ...controls,
      ];
      const bytes = Buffer.from(`${lines.join("\n")}\n${linear()}\n`);
      const memory = new MemoryFile(bytes);
      expect(await findLeaf(memory, { size: bytes.length })).toMatchObject({
        leafId,
        linearAfterLeaf: true,
        end: bytes.length,
      });
      expect(memory.bytesRead).toBeLessThanOrEqual(2 * bytes.length);
    }
  });
});
