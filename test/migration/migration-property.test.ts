import { readFileSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { nodeFileSystem as fs } from "../../src/file/node-file-system.js";
import { migrateFile } from "../../src/migration/migration.js";
import { findLeaf } from "../../src/scan/end/find-leaf.js";
import { MemoryFile } from "../support/memory-file.js";
import { HEADER, OPTIONS, transcript, type Value } from "../support/migration/migration-fixture.js";

const RUNS = { numRuns: 150 };

const space = fc.constantFrom("", " ", "\t", "  ");
const member = fc.constantFrom(
  '"n":12345678901234567890123',
  '"n":1.0e+2',
  '"a":"\\u0041\\ud800"',
  '"a" : "é\u2028"',
  '"a":{"id":1,"parentId":2}',
  '"type":"message"',
  '"message":{"role":"user"}',
  '"t":[{},[]]',
);
const linear = fc
  .tuple(space, fc.array(member, { maxLength: 4 }), space, fc.constantFrom("", "\r", " "))
  .map(
    ([before, members, inside, after]) =>
      `${before}{${inside}${members.join(",")}${inside}}${after}`,
  );
const other = fc.oneof(
  fc.constantFrom("", "\r", " ", "\u0000\u0000", "x", '{"a":', "{}{}", "[1]", "null", "\uFEFF{}"),
  fc.constantFrom('{"id":"l","parentId":null}', '{"id":1,"parentId":null}', '{"parentId":"l"}'),
  fc.uint8Array({ maxLength: 9 }).map((bytes) => Buffer.from(bytes).toString("latin1")),
);

test("all that is not edited stays, byte for byte", async () => {
  const file = transcript("");
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom("", "\uFEFF"),
      fc.array(fc.oneof(linear, other), { maxLength: 12 }),
      fc.constantFrom("", "\n"),
      fc.integer({ min: 1, max: 200 }),
      async (bom, lines, ending, maxChunkBytes) => {
        const content = Buffer.from([bom + HEADER, ...lines].join("\n") + ending, "utf8");
        writeFileSync(file, content);
        let made = 0;
        const internals = { maxChunkBytes, generateId: () => `<${made++}>` };
        const { changed, migrated } = await migrateFile(fs, file, OPTIONS, internals);
        expect(migrated).toBe(made);
        const after = readFileSync(file, "latin1");
        const stripped = after.replace(/"id":"<\d+>","parentId":(?:null|"l"|"<\d+>"),?/g, "");
        const torn = changed && content.at(-1) !== 0x0a;
        expect(stripped).toBe(content.toString("latin1") + (torn ? "\n" : ""));
      },
    ),
    RUNS,
  );
});

const id = fc.constantFrom("a", "b", "c", "d", "e");
const maybeId = fc.option(id, { nil: undefined });
const batch = fc.option(
  fc.constantFrom(
    { index: 0, size: 2 },
    { index: 1, size: 2 },
    { index: 0, size: 3 },
    { index: 1, size: 3 },
  ),
  { nil: undefined, freq: 3 },
);
const entry = fc.oneof(
  { weight: 3, arbitrary: fc.record({ id: maybeId }) },
  { weight: 1, arbitrary: fc.record({ id: maybeId, batch }) },
  { weight: 3, arbitrary: fc.record({ id, parentId: fc.option(id), batch }) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant("leaf"),
      id,
      parentId: fc.constantFrom(null, undefined),
      targetId: fc.option(id),
      batch,
    }),
  },
  { weight: 1, arbitrary: fc.record({ id, parentId: fc.constant(5) }) },
);

const parsed = (bytes: Buffer): Value[] =>
  bytes
    .toString()
    .split("\n")
    .slice(1, -1)
    .map((line) => JSON.parse(line));

test("whatever ids and parents there are, linking makes no circle and follows the leaf", async () => {
  const file = transcript("");
  await fc.assert(
    fc.asyncProperty(fc.array(entry, { maxLength: 14 }), async (all) => {
      writeFileSync(file, [HEADER, ...all.map((each) => JSON.stringify(each)), ""].join("\n"));
      const before = parsed(readFileSync(file));
      await migrateFile(fs, file, OPTIONS);
      const bytes = readFileSync(file);
      const after = parsed(bytes);
      const isNew = before.map((each) => !("parentId" in each));
      const byId = new Map(after.map((each, index) => [each.id, index]));

      let offset = HEADER.length + 1;
      for (const [index, each] of after.entries()) {
        const { id, parentId, originalId, ...members } = each;
        const length = Buffer.byteLength(JSON.stringify(each)) + 1;
        if (!isNew[index]) expect(each).toEqual(before[index]);
        else {
          const { id: old, ...rest } = before[index] as Value;
          expect(members).toEqual(rest);
          expect(originalId ?? (old === undefined ? undefined : id)).toBe(old);
          expect(after.filter((twin) => twin.id === id)).toHaveLength(1);
          expect(onCircle(index)).toBe(false);
          const mark = each.batch as { index: number } | undefined;
          if (mark === undefined || mark.index === 0) {
            const prefix = new MemoryFile(bytes.subarray(0, offset));
            expect(parentId).toBe((await findLeaf(prefix, { size: offset })).leafId);
          }
        }
        offset += length;
      }
      expect(offset).toBe(bytes.length);

      function onCircle(start: number): boolean {
        const seen = new Set<number>();
        let at = byId.get(after[start]?.parentId);
        while (at !== undefined && at !== start && !seen.has(at)) {
          seen.add(at);
          at = byId.get(after[at]?.parentId);
        }
        return at === start;
      }

      expect(await migrateFile(fs, file, OPTIONS)).toMatchObject({ changed: false });
      expect(readFileSync(file)).toEqual(bytes);
    }),
    { numRuns: 400 },
  );
});
