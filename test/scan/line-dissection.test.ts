import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dissectHeld, dissectLine } from "../../src/scan/records/dissect-line.js";
import { LineDissection, MIN_PUSH } from "../../src/scan/records/line-dissection.js";
import type { LinePart } from "../../src/scan/records/line-part.js";
import { MemoryFile } from "../support/memory-file.js";
import { brokenLine } from "../support/scan/json-text.js";

const bytesOf = (text: string): Buffer => Buffer.from(text);

function dissect(line: Buffer): LinePart[] {
  const parts: LinePart[] = [];
  dissectHeld(line, (part) => parts.push(part));
  return parts;
}

/** Parts as text: records in angle brackets, damage behind its reason. */
function shown(text: string): string[] {
  const line = bytesOf(text);
  return dissect(line).map(({ kind, offset, length, ...part }) => {
    const bytes = line.toString("utf8", offset, offset + length);
    return kind === "record" ? `<${bytes}>` : `${"reason" in part ? part.reason : ""}:${bytes}`;
  });
}

/** What comes of pushing no more than a few bytes at a time. */
function dissectInPieces(line: Buffer, piece: number): LinePart[] {
  const parts: LinePart[] = [];
  const dissection = new LineDissection(line.length, (part) => parts.push(part));
  while (!dissection.done) {
    const { wanted } = dissection;
    const chunk = Buffer.from(line.subarray(wanted, wanted + Math.max(piece, MIN_PUSH)));
    dissection.push(chunk, 0, chunk.length);
  }
  return parts;
}

const A = '{"type":"message","id":"a","parentId":null,"message":{"content":[{"type":"text"}]}}';
const B = '{"type":"message","id":"b","parentId":"a","message":{"role":"user"}}';

describe("a malformed line", () => {
  test("of whole records is taken apart between them", () => {
    expect(shown(A + B)).toEqual([`<${A}>`, `<${B}>`]);
    expect(shown(`${A} \r${B}\r`)).toEqual([`<${A} \r>`, `<${B}\r>`]);
  });

  test("gives up the record behind one that is cut, wherever the cut went through", () => {
    for (let cut = 1; cut < A.length; cut += 1) {
      expect(shown(A.slice(0, cut) + B)).toEqual([`cut:${A.slice(0, cut)}`, `<${B}>`]);
    }
  });

  test("gives up the records around one that is cut", () => {
    for (let cut = 1; cut < A.length; cut += 1) {
      const text = B + A.slice(0, cut) + A.slice(0, cut) + B + A;
      const damage = A.slice(0, cut) + A.slice(0, cut);
      expect(shown(text)).toEqual([`<${B}>`, `cut:${damage}`, `<${B}>`, `<${A}>`]);
    }
  });

  test("that is a record cut short holds nothing else, whatever is nested in it", () => {
    for (let cut = 1; cut < A.length; cut += 1) {
      expect(shown(A.slice(0, cut))).toEqual([`cut:${A.slice(0, cut)}`]);
    }
    const tool = '{"type":"message","id":"a","message":{"content":[{"type":"toolCall","id":"t"}';
    expect(shown(tool)).toEqual([`cut:${tool}`]);
    expect(shown(`${tool},`)).toEqual([`cut:${tool},`]);
  });

  test("gives up what stands behind NUL bytes, and before them", () => {
    expect(shown(`\0\0\0${B}`)).toEqual(["nul:\0\0\0", `<${B}>`]);
    expect(shown(`${A}\0\0${B}\0`)).toEqual([`<${A}>`, "nul:\0\0", `<${B}>`, "nul:\0"]);
    expect(shown(`${A.slice(0, 60)}\0\0${B}`)).toEqual([`nul:${A.slice(0, 60)}\0\0`, `<${B}>`]);
    expect(shown("\0\0\0")).toEqual(["nul:\0\0\0"]);
  });

  test("gives up a record that another writer's ran into", () => {
    const tail = A.slice(60);
    expect(shown(A.slice(0, 60) + B + tail)).toEqual([
      `cut:${A.slice(0, 60)}`,
      `<${B}>`,
      `no-json:${tail}`,
    ]);
  });

  test("does not take for a record what is a part of one", () => {
    const lost = 'xt","text":"…"},{"type":"toolCall","id":"t","arguments":{}}]}}';
    expect(shown(lost)).toEqual([`no-json:${lost}`]);
    const quoted = '{"type":"message","text":"say "{"a":1}" twice"}';
    expect(shown(quoted)).toEqual([`no-json:${quoted}`]);
    const broken = '{"type":"message","text":"\u0001","list":[{"type":"text"},{"type":"text"}]}';
    expect(shown(broken)).toEqual([`no-json:${broken}`]);
  });

  test("of a linear transcript gives up what has a type", () => {
    const linear = '{"type":"message","message":{"role":"user"}}';
    for (let cut = 1; cut < linear.length; cut += 1) {
      const [damage, record, ...rest] = shown(linear.slice(0, cut) + linear);
      expect(rest).toEqual([]);
      // A cut right before a value leaves what may as well be that value.
      if (record === undefined) expect(linear[cut - 1]).toBe(":");
      else expect([damage, record]).toEqual([`cut:${linear.slice(0, cut)}`, `<${linear}>`]);
    }
  });

  test("keeps the facts of what it gives up", () => {
    const [, part] = dissect(bytesOf(`${A.slice(0, 50)} {  "id":"b","parentId":"a"}`));
    expect(part).toMatchObject({ kind: "record", facts: { kind: "linked", id: "b" } });
    const { facts, offset } = part as LinePart & { kind: "record" };
    expect(offset).toBe(51);
    expect(facts.spans?.object).toEqual({ start: 0, end: 27 });
  });
});

test("parts follow each other without a gap, however the bytes come", async () => {
  const record = fc.constantFrom(A, B, '{"type":"session","id":"s"}', "{}", '{"type":"x"}');
  const piece = fc.oneof(
    { weight: 3, arbitrary: record },
    { weight: 3, arbitrary: fc.tuple(record, fc.nat(90)).map(([text, cut]) => text.slice(0, cut)) },
    { weight: 1, arbitrary: fc.nat(200).map((length) => "\0".repeat(length)) },
    { weight: 1, arbitrary: fc.nat(200).map((length) => " ".repeat(length)) },
    { weight: 1, arbitrary: fc.string({ maxLength: 20 }) },
  );
  const line = fc.oneof(
    fc.array(piece, { maxLength: 8 }).map((pieces) => bytesOf(pieces.join(""))),
    brokenLine,
  );
  await fc.assert(
    fc.asyncProperty(line, fc.nat(300), async (bytes, size) => {
      const parts = dissect(bytes);
      let end = 0;
      for (const part of parts) {
        expect(part.offset).toBe(end);
        expect(part.length).toBeGreaterThan(0);
        end += part.length;
        if (part.kind === "damage") continue;
        const text = bytes.toString("utf8", part.offset, end);
        expect(JSON.parse(text)).toBeTypeOf("object");
      }
      expect(end).toBe(bytes.length);
      expect(dissectInPieces(bytes, size)).toEqual(parts);
      const file = new MemoryFile(Buffer.concat([bytesOf("before\n"), bytes]));
      const read: LinePart[] = [];
      await dissectLine(file, { offset: 7, length: bytes.length }, (part) => read.push(part));
      expect(read).toEqual(parts);
    }),
    { numRuns: 3000 },
  );
});

test.each([
  ["braces", "{"],
  ["openings", '{"'],
  ["nested objects", '{"a":'],
  ["cut records", A.slice(0, 70)],
  ["whole records", A],
  ["NUL bytes", "\0"],
  ["quotes", '"'],
])("takes time in proportion to its length: %s", async (_, text) => {
  const time = async (length: number): Promise<number> => {
    const bytes = Buffer.alloc(length, `${text}`);
    const start = performance.now();
    const file = new MemoryFile(bytes);
    let end = 0;
    await dissectLine(file, { offset: 0, length }, (part) => {
      end += part.length;
    });
    expect(end).toBe(length);
    return performance.now() - start;
  };
  await time(100_000);
  const short = await time(500_000);
  expect(await time(2_000_000)).toBeLessThan(10 * short + 100);
});
