import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { inputLines } from "../../src/cli/output/input-lines.js";

/** The lines of some bytes that arrive in chunks of a size. */
async function linesOf(bytes: Uint8Array, chunkBytes: number): Promise<string[]> {
  const chunks: Uint8Array[] = [];
  for (let start = 0; start < bytes.length; start += chunkBytes) {
    chunks.push(bytes.subarray(start, start + chunkBytes));
  }
  const lines: string[] = [];
  for await (const { number, text } of inputLines(Readable.from(chunks))) {
    expect(number).toBe(lines.length + 1);
    lines.push(text);
  }
  return lines;
}

describe("input lines", () => {
  const text = "plain\n\nä€😀 in UTF-8\nseparators \u2028\u2029\u0085\r within\ncrlf\r\n no end";
  const expected = [
    "plain",
    "",
    "ä€😀 in UTF-8",
    "separators \u2028\u2029\u0085\r within",
    "crlf\r",
    " no end",
  ];

  test.each(
    Array.from({ length: 12 }, (_, index) => index + 1),
  )("are the same in chunks of %i bytes, which cut characters in two", async (chunkBytes) => {
    expect(await linesOf(Buffer.from(text), chunkBytes)).toEqual(expected);
    expect(await linesOf(Buffer.from(`${text}\n`), chunkBytes)).toEqual(expected);
  });

  test("are none for no bytes, and one for a newline", async () => {
    expect(await linesOf(Buffer.alloc(0), 1)).toEqual([]);
    expect(await linesOf(Buffer.from("\n"), 1)).toEqual([""]);
  });

  test("begin behind a BOM", async () => {
    expect(await linesOf(Buffer.from("\ufeff{}\n"), 2)).toEqual(["{}"]);
  });

  test("end at one that is not UTF-8, which is named", async () => {
    const bytes = Buffer.concat([Buffer.from("one\ntwo "), Buffer.from([0xc3]), Buffer.from("\n")]);
    await expect(linesOf(bytes, 3)).rejects.toThrow("line 2: not UTF-8");
  });
});
