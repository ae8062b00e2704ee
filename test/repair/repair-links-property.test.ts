import { readFileSync, writeFileSync } from "node:fs";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { nodeFileSystem } from "../../src/file/node-file-system.js";
import { verifyFile } from "../../src/read/verify/verify.js";
import { repairFile } from "../../src/repair/repair.js";
import { HEADER, OPTIONS, transcript } from "../support/repair/repair-fixture.js";

type Entry = Record<string, unknown>;

const id = fc.constantFrom("a", "b", "c", "d", "e");
const batch = fc.option(
  fc.constantFrom({ index: 0, size: 2 }, { index: 1, size: 2 }, { index: 2, size: 3 }),
  { nil: undefined, freq: 3 },
);
const n = fc.nat(1);
const linked = fc.record({ id, parentId: fc.option(id), n, batch });
const other = fc.oneof(
  fc.record({ id: fc.option(id, { nil: undefined }), n }),
  fc.record({
    type: fc.constant("leaf"),
    id,
    parentId: fc.option(id),
    targetId: fc.option(id, { nil: undefined }),
  }),
  fc.record({ id, parentId: fc.constant(5), n }),
  fc.record({ parentId: id, n }),
);
const entries = fc.array(
  fc.oneof({ weight: 4, arbitrary: linked }, { weight: 1, arbitrary: other }),
  { maxLength: 12 },
);

const read = (file: string): Entry[] =>
  readFileSync(file, "utf8")
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => JSON.parse(line));

test("whatever ids and parents there are, what a repair leaves is a forest", async () => {
  const file = await transcript("");
  await fc.assert(
    fc.asyncProperty(entries, async (all) => {
      const texts = all.map((entry) => JSON.stringify(entry));
      writeFileSync(file, [HEADER, ...texts, ""].join("\n"));
      const options = { ...OPTIONS, backup: false };
      const verify = () =>
        verifyFile(nodeFileSystem, file, { header: "required", maxEntries: 100 });
      const { ok } = await verify();
      const report = await repairFile(nodeFileSystem, file, options);
      expect(report.changed).toBe(!ok);
      expect((await verify()).problems).toEqual([]);
      const after = read(file);

      const parents = new Map(after.map((entry) => [entry.id, entry.parentId]));
      for (const entry of after) {
        const path = new Set<unknown>();
        for (let at: unknown = entry.id; typeof at === "string"; at = parents.get(at)) {
          expect(path.has(at)).toBe(false);
          path.add(at);
        }
      }

      // Entries that had a place keep it, and duplicates alone are gone.
      const seen = new Set<string>();
      const kept = texts.filter((text, at) => {
        const { id: own, parentId } = all[at] as Entry;
        const again = own !== undefined && parentId !== undefined && seen.has(text);
        seen.add(text);
        return !again;
      });
      expect(after.length).toBeGreaterThanOrEqual(kept.length);
      expect(after.length + report.changes.counts.moved).toBe(all.length);

      expect(await repairFile(nodeFileSystem, file, options)).toMatchObject({ changed: false });
    }),
    { numRuns: 250 },
  );
});

test("links that lead back to an entry stay, and what they mean does too", async () => {
  const file = await transcript("");
  await fc.assert(
    fc.asyncProperty(fc.array(linked, { minLength: 1, maxLength: 10 }), async (all) => {
      // Numbered, so that each can be told afterwards.
      const before = all.map((entry, at) => ({ ...entry, n: at }));
      writeFileSync(file, [HEADER, ...before.map((entry) => JSON.stringify(entry)), ""].join("\n"));
      await repairFile(nodeFileSystem, file, { ...OPTIONS, backup: false });
      const after = read(file);
      expect(after.map((entry) => entry.n)).toEqual(before.map((entry) => entry.n));
      const numbers = new Map(after.map((entry) => [entry.id, entry.n]));
      for (const [at, { parentId }] of before.entries()) {
        const earlier = before.slice(0, at).findLast((entry) => entry.id === parentId);
        const now = after[at] as Entry;
        if (parentId === null) expect(now.parentId).toBe(null);
        else if (earlier !== undefined) expect(numbers.get(now.parentId)).toBe(earlier.n);
      }
    }),
    { numRuns: 250 },
  );
});
