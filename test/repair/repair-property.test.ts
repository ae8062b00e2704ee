import { readFileSync, writeFileSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LeaflogError } from "../../src/base/errors.js";
import { verifyFile } from "../../src/read/verify/verify.js";
import { repairFile } from "../../src/repair/repair.js";
import type { RepairReport } from "../../src/repair/repair-report.js";
import { openPi } from "../interop/pi-session.js";
import { quickFileSystem } from "../support/quick-file-system.js";
import { HEADER, message, OPTIONS, transcript } from "../support/repair/repair-fixture.js";

const VERIFY = { header: "required", maxEntries: 1_000_000 } as const;

/** A transcript that is whole: a chain, with some forks. */
const good = fc
  .array(
    fc.record({
      back: fc.oneof({ weight: 5, arbitrary: fc.constant(1) }, fc.nat(6)),
      pad: fc.nat(60),
    }),
    {
      minLength: 1,
      maxLength: 14,
    },
  )
  .map((entries) => [
    HEADER,
    ...entries.map(({ back, pad }, at) => {
      const parent = at - Math.max(1, back);
      return message(`m${at}`, parent < 0 ? null : `m${parent}`, 'é\\"{['.repeat(pad));
    }),
  ]);

/** Something that happens to a file, somewhere. */
const damage = fc.record({
  kind: fc.constantFrom(
    "cut",
    "splice",
    "nul",
    "zero",
    "newline",
    "header",
    "drop",
    "twice",
    "garbage",
  ),
  at: fc.nat(),
  size: fc.nat(300),
});

function damaged(
  content: Buffer,
  { kind, at, size }: { kind: string; at: number; size: number },
): Buffer {
  const lines = content.toString("latin1").split("\n");
  const line = at % lines.length;
  const place = at % (content.length + 1);
  const before = content.subarray(0, place);
  const join = (all: string[]): Buffer => Buffer.from(all.join("\n"), "latin1");
  switch (kind) {
    case "cut":
      return before;
    case "splice":
      return Buffer.concat([before, content.subarray(place + size)]);
    case "nul":
      return Buffer.concat([before, Buffer.alloc(size), content.subarray(place)]);
    case "zero":
      return Buffer.concat([
        before,
        Buffer.alloc(Math.min(size, content.length - place)),
        content.subarray(place + size),
      ]);
    case "newline":
      return join([
        ...lines.slice(0, line),
        lines.slice(line, line + 2).join(""),
        ...lines.slice(line + 2),
      ]);
    case "header":
      return join(lines.slice(1));
    case "drop":
      return join(lines.filter((_, index) => index !== line));
    case "twice":
      return join([...lines.slice(0, line + 1), ...lines.slice(line)]);
    default:
      return Buffer.concat([before, Buffer.from('\n}]garbage{"\n'), content.subarray(place)]);
  }
}

describe("whatever happens to a transcript that was whole", () => {
  test("a repair leaves one that is whole, and accounts for every byte", async () => {
    const file = await transcript("");
    await fc.assert(
      fc.asyncProperty(
        good,
        fc.array(damage, { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 70, max: 2000 }),
        async (lines, operations, maxChunkBytes) => {
          const whole = Buffer.from(`${lines.join("\n")}\n`);
          const before = operations.reduce(damaged, whole);
          writeFileSync(file, before);
          const internals = { maxChunkBytes };
          const options = { ...OPTIONS, backup: false };
          const plan = await repairFile(
            quickFileSystem,
            file,
            { ...options, dryRun: true },
            internals,
          ).catch((error) => error);
          if (plan instanceof LeaflogError) {
            expect(plan.code).toBe("LEAFLOG_UNKNOWN_FORMAT");
            // Nothing of it would have been left.
            expect(lines.some((line) => before.includes(line))).toBe(false);
            return;
          }
          expect(readFileSync(file).equals(before)).toBe(true);
          const report = await repairFile(quickFileSystem, file, options, internals);
          expect(report.changes).toEqual(plan.changes);

          const after = readFileSync(file);
          const verdict = await verifyFile(quickFileSystem, file, VERIFY);
          expect(verdict.problems).toEqual([]);
          expect(verdict.counts.malformed).toBe(0);
          const again = await repairFile(quickFileSystem, file, options, internals);
          expect(again).toMatchObject({ changed: false, changes: { total: 0 } });
          expect(readFileSync(file).equals(after)).toBe(true);

          expectWholeRecords(lines, before, after);
          expectAllBytes(before, after, report);
          const { header, counts } = verdict;
          // A byte that is lost may leave JSON, and a header that claims another version.
          if (counts.entries === 0 || header.state !== "header" || header.version !== 3) return;
          openPi(file).getBranch();
          expect(readFileSync(file).equals(after), "pi rewrote the file").toBe(true);
        },
      ),
      { numRuns: 120 },
    );
  });
});

/** Every record that is physically there is in the result, once at least. */
function expectWholeRecords(lines: readonly string[], before: Buffer, after: Buffer): void {
  const kept = after.toString("utf8").split("\n");
  const bodies = new Set(kept.filter((line) => line.trim() !== "").map(bodyOf));
  for (const line of lines.slice(1)) {
    if (before.includes(line)) expect(bodies).toContain(bodyOf(line));
  }
}

/** An entry without what a repair may change. */
function bodyOf(line: string): string {
  const { parentId: _, originalId, id, ...rest } = JSON.parse(line);
  return JSON.stringify({ id: originalId ?? id, ...rest });
}

/** What is gone was moved, newlines apart. */
function expectAllBytes(before: Buffer, after: Buffer, report: RepairReport): void {
  const { linked, reidentified, adopted, replaced, header } = report.changes.counts;
  // Here other bytes were put in, as other tests look at.
  if (linked + reidentified + adopted + replaced > 0) return;
  const size = (bytes: Buffer): number => bytes.filter((byte) => byte !== 0x0a).length;
  const added = header === 0 ? 0 : after.indexOf(0x0a);
  // A newline that stood raw in a string is escaped there.
  const escapes = (bytes: Buffer): number => bytes.toString("latin1").split("\\n").length - 1;
  const escaped = 2 * (escapes(after) - escapes(before));
  expect(size(after)).toBe(size(before) - report.movedBytes + added + escaped);
}
