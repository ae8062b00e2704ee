import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { repairTranscript, verifyTranscript } from "../../src/index.js";
import { EncodingWatch } from "../../src/read/verify/verify-encoding.js";
import { invalidUtf8, loneSurrogates } from "../../src/scan/lines/utf8-faults.js";
import { CODEX_ROLLOUT } from "../support/format-lines.js";
import { HEADER_LINE, linkedLine } from "../support/lines.js";
import { tempDirectory } from "../support/temp-directory.js";

const PIECES = [
  ...["a", "\n", "é", "\u{1f600}", "\ufffd", "\\", "\\\\", '\\"'],
  ...["\\ud83d", "\\uDE00", "\\ud83d\\ude00", "\\u00e9", "\\udbff\\n"],
].map((text) => Buffer.from(text));
const BROKEN = [[0xff], [0x80], [0xc3], [0xe2, 0x82], [0xed, 0xa0, 0x80], [0xf0, 0x9f, 0x98], [0]];

const bytes = fc
  .array(fc.constantFrom(...PIECES, ...BROKEN.map((piece) => Buffer.from(piece))), {
    maxLength: 200,
  })
  .map((pieces) => Buffer.concat(pieces));

/** Lines with a fault, each with the offset of its first one. */
function byLine(content: Buffer, faults: Iterable<number>): { line: number; offset: number }[] {
  const found = new Map<number, number>();
  for (const offset of [...faults].sort((a, b) => a - b)) {
    const line = content.subarray(0, offset).filter((byte) => byte === 0x0a).length + 1;
    if (!found.has(line)) found.set(line, offset);
  }
  return [...found].map(([line, offset]) => ({ line, offset }));
}

async function file(content: string | Buffer): Promise<string> {
  const path = join(await tempDirectory(), "t.jsonl");
  writeFileSync(path, content);
  return path;
}

describe("what is no text", () => {
  test("is found where decoding puts U+FFFD", () => {
    fc.assert(
      fc.property(bytes, (content) => {
        let text = "";
        let from = 0;
        for (const { start, end } of invalidUtf8(content)) {
          text += `${content.toString("utf8", from, start)}\ufffd`;
          from = end;
        }
        expect(text + content.toString("utf8", from)).toBe(content.toString("utf8"));
      }),
    );
  });

  test("is found by the line, however it is read", async () => {
    await fc.assert(
      fc.asyncProperty(bytes, fc.array(fc.integer({ min: 1, max: 90 })), async (content, sizes) => {
        const port = {
          read: async (to: Buffer, offset: number, length: number, position: number) =>
            content.copy(to, offset, position, position + length),
          stat: () => Promise.reject(new Error("not asked")),
        };
        const watch = new EncodingWatch(port);
        let line = 0;
        let passed = 0;
        for (let at = 0, turn = 0; at < content.length; turn += 1) {
          // Now and then some of what was read is read again.
          const back = turn % 3 === 2 ? Math.min(at, 5) : 0;
          const length = Math.min(sizes[turn % sizes.length] ?? 700, content.length - at);
          at += (await watch.read(Buffer.alloc(800), 7, length + back, at - back)) - back;
          for (let end = content.indexOf(10, passed); end !== -1 && end < at; ) {
            line += 1;
            watch.pass(line, end);
            passed = end + 1;
            end = content.indexOf(10, passed);
          }
        }
        if (passed < content.length) watch.pass(line + 1, content.length);
        watch.finish();
        const invalid = [...invalidUtf8(content)].map(({ start }) => start);
        expect(watch.invalid.findings.first).toEqual(byLine(content, invalid).slice(0, 100));
        expect(watch.surrogates.findings.first).toEqual(
          byLine(content, loneSurrogates(content)).slice(0, 100),
        );
      }),
    );
  });
});

const bad = (line: string): Buffer => {
  const [before, behind] = line.split("BAD") as [string, string];
  return Buffer.concat([Buffer.from(before), Buffer.from([0xff, 0xe2, 0x82]), Buffer.from(behind)]);
};

describe("a transcript that other languages cannot read", () => {
  test("is not ok, and is after a repair, which keeps the bytes", async () => {
    const long = linkedLine("c", "b", { text: `BAD${"x".repeat(2_000_000)}` });
    const path = await file(
      Buffer.concat([
        Buffer.from(HEADER_LINE + linkedLine("a", null)),
        bad(linkedLine("b", "a", { text: "aBADb" })),
        bad(long),
      ]),
    );
    const report = await verifyTranscript(path);
    expect(report).toMatchObject({
      problems: ["invalid-utf8"],
      invalidUtf8: { total: 2, first: [{ line: 3 }, { line: 4 }] },
    });
    const repaired = await repairTranscript(path);
    expect(repaired).toMatchObject({ changes: { counts: { replaced: 2 } }, movedBytes: 6 });
    expect(await verifyTranscript(path)).toMatchObject({ ok: true, links: { branchLength: 3 } });
    expect((await repairTranscript(path)).changed).toBe(false);
  });

  test("is not ok in a format without ids either", async () => {
    const content = Buffer.concat([
      Buffer.from(CODEX_ROLLOUT),
      bad('{"type":"event_msg","x":"BAD"}\n'),
    ]);
    expect(await verifyTranscript(await file(content))).toMatchObject({
      problems: ["invalid-utf8"],
    });
  });

  test("two ids that differ in such bytes alone are not the same id", async () => {
    const id = (byte: number): Buffer => Buffer.from([0x78, byte]);
    const line = (own: Buffer, parent: Buffer | undefined): Buffer =>
      Buffer.concat([
        Buffer.from('{"type":"message","id":"'),
        own,
        Buffer.from('","parentId":'),
        parent ? Buffer.concat([Buffer.from('"'), parent, Buffer.from('"')]) : Buffer.from("null"),
        Buffer.from("}\n"),
      ]);
    const lines = [line(id(0xfe), undefined), line(id(0xff), id(0xfe))];
    const path = await file(Buffer.concat([Buffer.from(HEADER_LINE), ...lines]));
    expect(await verifyTranscript(path)).toMatchObject({
      problems: ["invalid-utf8"],
      links: { branchLength: 2, branchWhole: true, cycles: { total: 0 } },
    });
    await repairTranscript(path);
    expect(await verifyTranscript(path)).toMatchObject({ ok: true, links: { branchLength: 2 } });
  });

  test("surrogates without their other half are noted", async () => {
    const noted = linkedLine("b", "a", { text: "LONE" }).replace("LONE", "\\ud800 \\ud83d\\ude00");
    const path = await file(HEADER_LINE + linkedLine("a", null) + noted);
    expect(await verifyTranscript(path)).toMatchObject({
      ok: true,
      loneSurrogates: { total: 1, first: [{ line: 3 }] },
    });
    expect((await repairTranscript(path)).changed).toBe(false);
  });
});
